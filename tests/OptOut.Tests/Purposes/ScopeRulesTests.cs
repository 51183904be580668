using FsCheck;
using FsCheck.Fluent;
using OptOut.Service.Purposes;

namespace OptOut.Tests.Purposes;

public sealed class ScopeRulesTests
{
    private static readonly string[] PurposeNames =
    [
        "all", "marketing", "marketing.newsletter", "marketing.newsletter.weekly", "marketing_x", "market", "profiling",
        "profiling.ads", "analytics", "alle", "a", "a.b", "a.b.c",
    ];

    private static readonly Arbitrary<Scope> Scopes = Gen.Elements(PurposeNames)
        .SelectMany(_ => Gen.Elements(Channels.All.ToArray()), (purpose, channel) =>
            new Scope(purpose, channel)).ToArbitrary();

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(5_000);

    [Theory]
    [InlineData("marketing", "any", "marketing", "email", true)]
    [InlineData("marketing", "any", "marketing.newsletter", "sms", true)]
    [InlineData("marketing", "email", "marketing.newsletter.weekly", "email", true)]
    [InlineData("all", "any", "profiling", "ads", true)]
    [InlineData("all", "email", "marketing", "email", true)]
    [InlineData("all", "any", "all", "any", true)]
    [InlineData("marketing", "email", "marketing", "any", false)]
    [InlineData("marketing", "email", "marketing", "sms", false)]
    [InlineData("marketing.newsletter", "any", "marketing", "email", false)]
    [InlineData("marketing", "any", "all", "any", false)]
    [InlineData("marketing", "any", "marketing_x", "any", false)]
    [InlineData("market", "any", "marketing", "any", false)]
    [InlineData("marketing", "any", "profiling", "any", false)]
    [InlineData("all", "email", "all", "any", false)]
    [InlineData("marketing.newsletter", "any", "marketing.news", "any", false)]
    public void A_stop_covers_what_lies_below_it_and_nothing_else(
        string broader, string broaderChannel, string narrower, string narrowerChannel, bool covers) =>
        Assert.Equal(covers, ScopeRules.Covers(new(broader, broaderChannel), new(narrower, narrowerChannel)));

    [Fact]
    public void Stop_all_reaches_every_channel_and_a_newsletter_stop_leaves_other_messages_alone()
    {
        Assert.All(Channels.All, channel =>
            Assert.True(ScopeRules.Covers(new("all", "any"), new("transactional", channel))));
        Assert.False(
            ScopeRules.Covers(new("marketing.newsletter", "any"), new("transactional.password_reset", "email")));
    }

    [Fact]
    public void Every_scope_covers_itself() =>
        Prop.ForAll(Scopes, scope => ScopeRules.Covers(scope, scope)).Check(Many);

    [Fact]
    public void Two_scopes_that_cover_each_other_are_one() =>
        Prop.ForAll(Scopes, Scopes, (a, b) => !(ScopeRules.Covers(a, b) && ScopeRules.Covers(b, a))
            || a == b).Check(Many);

    [Fact]
    public void Covering_passes_on() =>
        Prop.ForAll(Scopes, Scopes, Scopes, (a, b, c) =>
            !(ScopeRules.Covers(a, b) && ScopeRules.Covers(b, c)) || ScopeRules.Covers(a, c)).Check(Many);

    [Fact]
    public void The_list_of_covering_scopes_is_exactly_those_that_cover() =>
        Prop.ForAll(Scopes, Scopes, (a, b) =>
            ScopeRules.Covering(b).Contains(a) == ScopeRules.Covers(a, b)).Check(Many);

    [Fact]
    public void A_contract_is_touched_by_every_scope_that_covers_it_or_that_it_covers() =>
        Prop.ForAll(Scopes, Scopes, (contract, scope) =>
            !(ScopeRules.Covers(contract, scope) || ScopeRules.Covers(scope, contract))
            || ScopeRules.Touches([contract.Purpose], [contract.Channel], scope)).Check(Many);

    [Theory]
    [InlineData("marketing", "any", "marketing", "email", true)]
    [InlineData("marketing.newsletter", "email", "marketing", "any", true)]
    [InlineData("marketing", "email", "marketing.newsletter", "any", true)]
    [InlineData("marketing", "email", "all", "any", true)]
    [InlineData("all", "any", "profiling", "ads", true)]
    [InlineData("marketing", "email", "marketing", "sms", false)]
    [InlineData("marketing", "any", "profiling", "any", false)]
    [InlineData("marketing.newsletter", "any", "marketing.offers", "any", false)]
    [InlineData("marketing", "any", "marketing_x", "any", false)]
    public void A_scope_touches_a_contract_where_they_overlap(
        string purpose, string channel, string scopePurpose, string scopeChannel, bool touches) =>
        Assert.Equal(touches, ScopeRules.Touches([purpose], [channel], new(scopePurpose, scopeChannel)));

    [Fact]
    public void Any_one_purpose_and_any_one_channel_of_a_contract_are_enough()
    {
        Assert.True(ScopeRules.Touches(["profiling", "marketing"], ["sms", "email"], new("marketing", "email")));
        Assert.False(ScopeRules.Touches([], ["any"], new("all", "any")));
        Assert.False(ScopeRules.Touches(["all"], [], new("all", "any")));
    }

    [Theory]
    [InlineData("marketing", true)]
    [InlineData("all", true)]
    [InlineData("sale_or_share", true)]
    [InlineData("a.b.c.d.e.f.g.h", true)]
    [InlineData("a.b.c.d.e.f.g.h.i", false)]
    [InlineData("1.2_3", true)]
    [InlineData("alle.x", true)]
    [InlineData("all.marketing", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData(".", false)]
    [InlineData(".a", false)]
    [InlineData("a.", false)]
    [InlineData("a..b", false)]
    [InlineData("Marketing", false)]
    [InlineData("a-b", false)]
    [InlineData("a b", false)]
    [InlineData("a\n", false)]
    [InlineData("\u0430", false)]
    public void A_purpose_name_keeps_its_grammar(string? name, bool valid) =>
        Assert.Equal(valid, ScopeRules.IsPurposeName(name));

    [Fact]
    public void A_purpose_name_is_at_most_128_characters()
    {
        Assert.True(ScopeRules.IsPurposeName(new string('a', 128)));
        Assert.False(ScopeRules.IsPurposeName(new string('a', 129)));
    }

    [Theory]
    [InlineData("a.b.c", "a.b")]
    [InlineData("a.b", "a")]
    [InlineData("a", "all")]
    [InlineData("all", null)]
    public void The_tree_ends_at_all(string purpose, string? parent) =>
        Assert.Equal(parent, ScopeRules.Parent(purpose));

    [Fact]
    public void The_stored_byte_of_a_channel_never_changes()
    {
        Assert.Equal(["any", "email", "sms", "phone", "post", "push", "ads"], Channels.All);
        for (byte value = 0; value < Channels.All.Count; value++)
        {
            Assert.True(Channels.TryGetName(value, out var name));
            Assert.True(Channels.TryGetByte(name, out var again));
            Assert.Equal(value, again);
        }

        Assert.False(Channels.TryGetName(7, out _));
        Assert.False(Channels.TryGetByte("fax", out _));
        Assert.False(Channels.IsKnown(null));
        Assert.False(ScopeRules.IsWellFormed(new("marketing", "Email")));
        Assert.True(ScopeRules.IsWellFormed(new("marketing", "email")));
    }
}
