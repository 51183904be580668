using OptOut.Contracts.Identifiers;

namespace OptOut.Tests.Subjects;

public sealed class PlainTypeTests
{
    private static readonly IdentifierNormaliser Configured = new(new IdentifierOptions
    {
        Types =
        {
            ["loyalty_card"] = new() { Pattern = "[0-9]{4}-[0-9]{4}", MaxLength = 9 },
            ["handle"] = new() { LowerCase = true, RulesVersion = 3 },
            ["raw"] = new() { Trim = false, MaxLength = 5 },
            ["slow"] = new() { Pattern = "(a+)+b" },
        },
    });

    [Theory]
    [InlineData("user_id", " Ada-1 ", "Ada-1")]
    [InlineData("user_id", "Ada", "Ada")]
    [InlineData("user_id", "Jose\u0301", "Jos\u00e9")]
    [InlineData("user_id", "auth0|5f7c", "auth0|5f7c")]
    [InlineData("user_id", "Ada Lovelace", "Ada Lovelace")]
    [InlineData("user_id", "ada\u0430", "ada\u0430")]
    [InlineData("user_id", "\u2764\ufe0f", "\u2764\ufe0f")]
    [InlineData("device_id", " 6D92078A-8246-4BA4-AE5B-76104861E7DC ", "6d92078a-8246-4ba4-ae5b-76104861e7dc")]
    [InlineData("device_id", "6d92078a-8246-4ba4-ae5b-76104861e7dc", "6d92078a-8246-4ba4-ae5b-76104861e7dc")]
    [InlineData("device_id", "6D92078A82464BA4AE5B76104861E7DC", "6D92078A82464BA4AE5B76104861E7DC")]
    [InlineData("device_id", "GA1.2.AbC", "GA1.2.AbC")]
    [InlineData("loyalty_card", " 1234-5678 ", "1234-5678")]
    [InlineData("handle", "@\u0386da", "@\u03ac" + "da")]
    [InlineData("raw", " a ", " a ")]
    public void Other_identifiers_keep_what_is_theirs(string type, string written, string canonical) =>
        Assert.Equal([canonical], Normalising.Accept(type, written, Configured).MatchForms);

    [Theory]
    [InlineData("user_id", "", "identifier_empty")]
    [InlineData("user_id", "a\0b", "identifier_control_character")]
    [InlineData("user_id", "a\u202eb", "identifier_control_character")]
    [InlineData("user_id", "a\nb", "identifier_control_character")]
    [InlineData("device_id", " ", "identifier_empty")]
    [InlineData("device_id", "a\u200bb", "identifier_control_character")]
    [InlineData("device_id", "00000000-0000-0000-0000-000000000000", "identifier_not_distinct")]
    [InlineData("loyalty_card", "1234-567", "identifier_unparsable")]
    [InlineData("loyalty_card", "1234-567890", "identifier_too_long")]
    [InlineData("raw", "123456", "identifier_too_long")]
    [InlineData("slow", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "identifier_unparsable")]
    [InlineData("Email", "ada@example.com", "identifier_type_unknown")]
    [InlineData("fax", "1", "identifier_type_unknown")]
    [InlineData("", "1", "identifier_type_unknown")]
    [InlineData(null, "1", "identifier_type_unknown")]
    public void A_bad_value_or_type_is_refused(string? type, string written, string code) =>
        Assert.Equal(code, Normalising.Refuse(type!, written, Configured));

    [Fact]
    public void Every_type_bounds_its_length()
    {
        Assert.Equal("identifier_too_long", Normalising.Refuse("user_id", new string('x', 321)));
        Assert.Equal("identifier_too_long", Normalising.Refuse("device_id", new string('x', 321)));
        Assert.Equal("identifier_too_long", Normalising.Refuse("phone", "+49" + new string(' ', 400) + "301234567"));
        Assert.Equal("identifier_too_long", Normalising.Refuse("user_id", new string('\u0958', 200)));
        Assert.Equal(320, Normalising.Accept("user_id", new string('x', 320)).Value.Length);
    }

    [Fact]
    public void The_version_of_the_rules_is_told()
    {
        Assert.Equal(1, Normalising.Accept("email", "a@b.co").RulesVersion);
        Assert.Equal(3, Normalising.Accept("handle", "x", Configured).RulesVersion);
        Assert.True(Configured.IsKnownType("loyalty_card"));
        Assert.False(Normalising.Plain.IsKnownType("loyalty_card"));
    }

    [Fact]
    public void A_formatted_identifier_or_refusal_never_shows_the_value()
    {
        Assert.Equal("email", $"{Normalising.Accept("email", "secret@example.com")}");
        Normalising.Plain.TryNormalise("email", "sec ret@example.com", out _, out var refusal);
        Assert.DoesNotContain("ret@", refusal!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_fault_of_the_configuration_is_told_at_once()
    {
        var options = new IdentifierOptions
        {
            DefaultRegion = "de",
            Types =
            {
                ["email"] = new(),
                ["Card No"] = new() { Pattern = "(", MaxLength = 0, RulesVersion = 0 },
            },
        };

        Assert.Equal(6, options.Faults().Count);
        Assert.Throws<ArgumentException>(() => new IdentifierNormaliser(options));
    }
}
