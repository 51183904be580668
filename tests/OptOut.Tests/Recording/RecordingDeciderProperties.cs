using FsCheck;
using FsCheck.Fluent;
using OptOut.Service.Purposes;
using OptOut.Service.Recording;

namespace OptOut.Tests.Recording;

/// <summary>What holds after any sequence of commands about few people and few scopes, so that they meet often.</summary>
public sealed class RecordingDeciderProperties
{
    private const int People = 4;

    private static readonly Scope[] Scopes =
    [
        new("all", "any"), new("all", "email"), new("marketing", "any"), new("marketing", "email"),
        new("marketing.newsletter", "any"), new("analytics", "any"),
    ];

    /// <summary>One command, by numbers that the interpreter turns into what exists by then.</summary>
    private sealed record Step(int Kind, int Person, int Other, int Scope);

    private static readonly Arbitrary<IList<Step>> Sequences = Gen.Choose(0, 5)
        .SelectMany(_ => Gen.Choose(1, People), (kind, person) => (kind, person))
        .SelectMany(_ => Gen.Choose(1, People), (known, other) => (known.kind, known.person, other))
        .SelectMany(_ => Gen.Choose(0, Scopes.Length - 1), (known, scope) =>
            new Step(known.kind, known.person, known.other, scope))
        .ListOf().Select(steps => (IList<Step>)[.. steps]).ToArbitrary();

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(3_000).WithEndSize(60);

    [Fact]
    public void Versions_of_every_opt_out_are_1_to_n_and_belong_to_one_person_and_scope() =>
        Prop.ForAll(Sequences, steps =>
        {
            var desk = new Desk();
            foreach (var step in steps)
                Run(desk, step);
            return desk.Records.GroupBy(r => r.OptOutId).All(versions =>
                versions.Select(r => r.Version).SequenceEqual(Enumerable.Range(1, versions.Count()))
                && versions.Select(r => (r.SubjectId, r.Scope)).Distinct().Count() == 1
                && versions.First().Stands);
        }).Check(Many);

    [Fact]
    public void One_person_and_scope_has_one_opt_out_and_each_version_one_leaf() =>
        Prop.ForAll(Sequences, steps =>
        {
            var desk = new Desk();
            foreach (var step in steps)
                Run(desk, step);
            return desk.Records.GroupBy(r => (r.SubjectId, r.Scope)).All(g => g.Select(r => r.OptOutId).Distinct().Count() == 1)
                && desk.Records.Select(r => r.LedgerEntryId).Distinct().Count() == desk.Drafts.Versions.Count
                && desk.Drafts.Versions.All(v => RecordPayload.Hash(v.Payload).SequenceEqual(v.Record.RecordHash));
        }).Check(Many);

    [Fact]
    public void Nothing_but_a_reversal_lifts_and_it_lifts_only_at_or_below_its_scope() =>
        Prop.ForAll(Sequences, steps =>
        {
            var desk = new Desk();
            foreach (var step in steps)
            {
                var before = Stopped(desk);
                var lifted = Run(desk, step);
                if (before.Except(Stopped(desk)).Any(lost => lifted is null || !ScopeRules.Covers(lifted.Value, lost.Scope)))
                    return false;
            }

            return true;
        }).Check(Many);

    [Fact]
    public void Where_a_stop_was_accepted_it_stands_and_where_a_lift_was_accepted_nothing_of_it_stands() =>
        Prop.ForAll(Sequences, steps =>
        {
            var desk = new Desk();
            foreach (var step in steps)
            {
                var lifted = Run(desk, step);
                if (step.Kind <= 1 && !desk.IsStopped(step.Person, Scopes[step.Scope]))
                    return false;
                if (lifted is { } scope && desk.IsStopped(step.Person, scope))
                    return false;
            }

            return true;
        }).Check(Many);

    [Fact]
    public void The_sequences_do_lift_and_merge_and_refuse_so_that_these_properties_say_something()
    {
        var (lifted, merged, refused) = (0, 0, 0);
        Prop.ForAll(Sequences, steps =>
        {
            var desk = new Desk();
            foreach (var step in steps)
                lifted += Run(desk, step) is null ? 0 : 1;
            merged += desk.Drafts.Merges.Count;
            refused += steps.Count(s => s.Kind == 4) - desk.Drafts.UsedTokens.Count;
            return true;
        }).Check(Many);

        Assert.True(lifted > 100 && merged > 100 && refused > 100, $"{lifted} lifted, {merged} merged, {refused} refused");
    }

    /// <summary>Runs one step; the scope that it lifted, if it did.</summary>
    private static Scope? Run(Desk desk, Step step)
    {
        var scope = Scopes[step.Scope];
        switch (step.Kind)
        {
            case 0:
                desk.Stop(scope, step.Person);
                return null;
            case 1:
                desk.Stop(scope, step.Person, step.Other);
                return null;
            case 2:
                desk.Ensure(step.Person, step.Other);
                return null;
            case 3 when desk.NewestOf(step.Person) is [var any, ..]:
                desk.Link(any.SubjectId, step.Other);
                return null;
            case >= 4 when desk.NewestOf(step.Person) is { Count: > 0 } newest:
                // With the right token, and now and then with a foreign one.
                var record = newest[step.Scope % newest.Count];
                var outcome = desk.Reverse(record, tokenScope: step is { Kind: 5, Other: 1 } ? scope : null);
                return outcome is RecordedOutcome ? record.Scope : null;
            default:
                return null;
        }
    }

    private static HashSet<(int Person, Scope Scope)> Stopped(Desk desk) =>
    [
        .. Enumerable.Range(1, People).SelectMany(person => Scopes.Select(scope => (person, scope)))
            .Where(cell => desk.IsStopped(cell.person, cell.scope)),
    ];
}
