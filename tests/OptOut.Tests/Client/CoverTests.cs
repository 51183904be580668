using OptOut.Client.Gate.Coverage;

namespace OptOut.Tests.Client;

/// <summary>Scopes as bits say what the scope rules say.</summary>
public sealed class CoverTests
{
    private static readonly string[] Tree =
        ["all", "a", "a.b", "a.b.c", "ab", "b", "b.c", "marketing", "marketing.newsletter", "marketing_x"];

    [Fact]
    public void Every_question_is_answered_as_the_scope_rules_do()
    {
        var sets = new ScopeSets();
        sets.Ask(Tree, Channels.All);
        var random = new Random(7266);
        for (var round = 0; round < 300; round++)
        {
            Scope[] set = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new Scope(Any(random, Tree), Any(random, Channels.All)))];
            var number = sets.Number(set);
            foreach (var purpose in Tree)
                foreach (var channel in Channels.All)
                {
                    Assert.True(sets.Cover.TryAsk(purpose, channel, out var question));
                    Assert.Equal(
                        set.Any(scope => ScopeRules.Covers(scope, new Scope(purpose, channel))),
                        sets.Cover.Covers(number, question));
                }
        }
    }

    [Fact]
    public void A_set_has_one_number_in_whatever_order_it_is_written()
    {
        var sets = new ScopeSets();
        var number = sets.Number([new Scope("a", "any"), new Scope("b", "sms")]);
        Assert.Equal(number, sets.Number([new Scope("b", "sms"), new Scope("a", "any")]));
        Assert.NotEqual(number, sets.Number([new Scope("a", "any")]));
        Assert.Equal(0, sets.Number([]));
    }

    private static string Any(Random random, IReadOnlyList<string> words) => words[random.Next(words.Count)];
}
