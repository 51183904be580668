using OptOut.Service.Purposes;
using OptOut.Service.Recording;

namespace OptOut.Tests.Recording;

/// <summary>The rules of recording as a page of cases: most restrictive wins, only the subject lifts.</summary>
public sealed class RecordingDeciderTests
{
    private static readonly Scope Marketing = new("marketing", "any");
    private static readonly Scope MarketingMail = new("marketing", "email");
    private static readonly Scope Everything = new("all", "any");
    private static readonly Scope Analytics = new("analytics", "any");

    private readonly Desk _desk = new();

    [Fact]
    public void A_repeat_makes_no_version_and_is_reaffirmed()
    {
        var first = Desk.Recorded(_desk.Stop(Marketing, 1));
        var again = Assert.IsType<RecordedOutcome>(_desk.Stop(Marketing, 1));

        Assert.False(again.IsNew);
        Assert.Same(first, again.Record);
        Assert.Single(_desk.Drafts.Versions);
        Assert.Single(_desk.Drafts.Reaffirmed);
    }

    [Fact]
    public void A_narrower_stop_is_recorded_under_a_broader_one_and_stands_when_the_broader_was_never_lifted()
    {
        _desk.Stop(Everything, 1);
        var narrower = Assert.IsType<RecordedOutcome>(_desk.Stop(MarketingMail, 1));

        Assert.True(narrower.IsNew);
        Assert.Equal(1, narrower.Record.Version);
    }

    [Fact]
    public void A_narrower_lift_under_a_broader_stop_is_refused_naming_it()
    {
        var narrower = Desk.Recorded(_desk.Stop(MarketingMail, 1));
        _desk.Stop(Everything, 1);

        var refused = Assert.IsType<RefusedOutcome>(_desk.Reverse(narrower));

        Assert.Equal((RecordingRefusal.CoveredByBroaderStop, Everything), (refused.Refusal, refused.CoveredBy!.Value));
        Assert.Empty(_desk.Drafts.UsedTokens);
    }

    [Fact]
    public void A_broader_lift_lifts_what_stands_below_and_nothing_beside_or_above()
    {
        _desk.Stop(MarketingMail, 1);
        _desk.Stop(Analytics, 1);
        var marketing = Desk.Recorded(_desk.Stop(Marketing, 1));

        _desk.Reverse(marketing);

        Assert.False(_desk.IsStopped(1, MarketingMail));
        Assert.True(_desk.IsStopped(1, Analytics));
    }

    [Fact]
    public void A_token_of_another_person_or_scope_lifts_nothing()
    {
        var stop = Desk.Recorded(_desk.Stop(Marketing, 1));
        var other = Desk.Recorded(_desk.Stop(Marketing, 2));

        foreach (var outcome in (RecordingOutcome[])
            [_desk.Reverse(stop, tokenOf: other.SubjectId), _desk.Reverse(stop, tokenScope: MarketingMail),
             _desk.Reverse(stop, tokenScope: Everything)])
            Assert.Equal(RecordingRefusal.EvidenceInvalid, Assert.IsType<RefusedOutcome>(outcome).Refusal);
        Assert.True(_desk.IsStopped(1, Marketing));
    }

    [Fact]
    public void A_version_that_is_no_longer_the_newest_is_stale()
    {
        var stop = Desk.Recorded(_desk.Stop(Marketing, 1));

        var refused = Assert.IsType<RefusedOutcome>(_desk.Reverse(stop, version: 2));

        Assert.Equal((RecordingRefusal.VersionStale, 1), (refused.Refusal, refused.CurrentVersion!.Value));
    }

    [Fact]
    public void Two_people_who_turn_out_to_be_one_keep_the_stops_of_both()
    {
        _desk.Stop(Marketing, 1);
        _desk.Stop(Analytics, 2);

        _desk.Stop(MarketingMail, 1, 2);

        foreach (var person in (int[])[1, 2])
        {
            Assert.True(_desk.IsStopped(person, Marketing));
            Assert.True(_desk.IsStopped(person, Analytics));
        }

        Assert.Single(_desk.Drafts.Merges);
    }

    [Fact]
    public void A_merge_stops_again_what_one_of_the_two_had_lifted()
    {
        _desk.Reverse(Desk.Recorded(_desk.Stop(Marketing, 1)));
        _desk.Stop(Marketing, 2);

        _desk.Ensure(1, 2);

        Assert.True(_desk.IsStopped(1, Marketing));
    }

    [Fact]
    public void The_answer_does_not_depend_on_the_order_of_identifiers()
    {
        var other = new Desk();
        foreach (var (desk, order) in ((Desk, int[])[])[(_desk, [1, 2, 3]), (other, [3, 2, 1])])
        {
            desk.Stop(Marketing, 1);
            desk.Stop(Analytics, 2);
            desk.Stop(Everything, order);
        }

        Assert.Equal(_desk.Records.Select(Shape), other.Records.Select(Shape));
    }

    [Fact]
    public void A_purpose_that_was_removed_from_the_registry_meanwhile_is_refused()
    {
        var refused = Assert.IsType<RefusedOutcome>(_desk.Stop(new Scope("gone", "any"), 1));

        Assert.Equal(RecordingRefusal.PurposeUnknown, refused.Refusal);
        Assert.True(_desk.Drafts.IsEmpty);
    }

    private static string Shape(RecordState record) => $"{record.Scope} {record.Version} {record.State}";
}
