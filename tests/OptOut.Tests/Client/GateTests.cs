using OptOut.Client;
using OptOut.Client.Gate;

namespace OptOut.Tests.Client;

/// <summary>What a gate says over time: it fails closed, and says so.</summary>
public sealed class GateTests
{
    private readonly FeedScript _feed = new();

    [Fact]
    public void A_store_that_is_still_loading_is_unknown_and_never_not_suppressed()
    {
        Assert.Equal(GateState.NotReady, _feed.Gate.Status.State);
        Assert.Equal(SuppressionAnswer.Unknown, Ask());
        Assert.False(_feed.Gate.MayUse("email", "eve@example.com", "marketing", "email"));
        Assert.False(_feed.Gate.TryGetKey("email", "eve@example.com", out _));
        Assert.Equal(SuppressionAnswer.Unknown, _feed.Gate.Check(default, "marketing", "email"));
    }

    [Fact]
    public void Beyond_the_staleness_bound_everything_is_unknown_until_it_is_confirmed_again()
    {
        _feed.Ready();
        _feed.Clock.Advance(FeedScript.Bound - TimeSpan.FromMilliseconds(1));
        Assert.Equal((GateState.Ready, SuppressionAnswer.Allowed), (_feed.Gate.Status.State, Ask()));
        _feed.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((GateState.Stale, SuppressionAnswer.Unknown), (_feed.Gate.Status.State, Ask()));
        Assert.Equal("connection_lost", _feed.Gate.Status.Cause);
        Assert.Equal(FeedScript.Bound, _feed.Gate.Status.Age);
        _feed.Confirm();
        Assert.Equal((GateState.Ready, SuppressionAnswer.Allowed), (_feed.Gate.Status.State, Ask()));
        Assert.Null(_feed.Gate.Status.Cause);
    }

    [Fact]
    public void A_heartbeat_that_came_late_counts_for_as_much_less()
    {
        _feed.Ready();
        _feed.Clock.Advance(TimeSpan.FromSeconds(10));
        _feed.Heartbeat(late: TimeSpan.FromSeconds(8));
        _feed.Gate.Confirm(_feed.Session.Copy!, _feed.Session.AsOf, _feed.Session.Lag, FeedScript.Bound);
        _feed.Clock.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal(SuppressionAnswer.Allowed, Ask());
        _feed.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(SuppressionAnswer.Unknown, Ask());
    }

    [Fact]
    public void A_missing_change_ends_all_answers_at_once()
    {
        _feed.Ready();
        _feed.Gate.Missed();
        Assert.Equal((GateState.Stale, SuppressionAnswer.Unknown), (_feed.Gate.Status.State, Ask()));
        Assert.Equal(("change_missing", 1), (_feed.Gate.Status.Cause, _feed.Gate.Status.Gaps));
    }

    [Fact]
    public void A_refused_gate_says_error_once_its_bound_has_passed()
    {
        _feed.Ready();
        _feed.Gate.Fail("refused_401");
        Assert.Equal(GateState.Ready, _feed.Gate.Status.State);
        _feed.Clock.Advance(FeedScript.Bound);
        Assert.Equal((GateState.Error, "refused_401"), (_feed.Gate.Status.State, _feed.Gate.Status.Cause));
        Assert.Equal(SuppressionAnswer.Unknown, Ask());
    }

    [Fact]
    public void A_copy_from_before_the_restart_is_not_relied_on()
    {
        var before = _feed.Ready().Session.Copy!;
        var gate = new SuppressionGate(_feed.Clock, _feed.Reports);
        gate.Load(before);
        Assert.Equal((GateState.NotReady, "catching_up"), (gate.Status.State, gate.Status.Cause));
        Assert.Equal(1, gate.Status.Entries);
        Assert.Equal(SuppressionAnswer.Unknown, gate.Check("email", "eve@example.com", "marketing", "email"));
        Assert.Equal(SuppressionAnswer.Unknown, gate.Check("email", "ada@example.com", "marketing", "email"));
    }

    [Fact]
    public void Stops_that_are_found_wait_to_be_reported_and_overflow_is_counted()
    {
        _feed.Ready();
        for (var i = 0; i < 13; i++) _feed.Gate.Check("email", "Ada@example.com", "marketing", "email");
        Assert.Equal((10, 3), (_feed.Reports.Waiting, _feed.Gate.Status.UnreportedStops));
        Assert.True(_feed.Reports.TryTake(out var stop));
        Assert.Equal(("email", "Ada@example.com", "marketing", "email"), (stop.Type, stop.Value, stop.Purpose, stop.Channel));
        Assert.DoesNotContain("Ada", stop.ToString(), StringComparison.Ordinal);
        Ask();
        Assert.Equal(9, _feed.Reports.Waiting);
    }

    private SuppressionAnswer Ask() => _feed.Gate.Check("email", "eve@example.com", "marketing", "email");
}
