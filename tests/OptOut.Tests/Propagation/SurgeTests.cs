using OptOut.Service.Propagation;
using OptOut.Service.Propagation.Dispatch;
using OptOut.Service.Purposes;
using OptOut.Tests.Access;

namespace OptOut.Tests.Propagation;

public sealed class SurgeTests
{
    private static readonly DateTimeOffset RecordedAt = new(2026, 11, 20, 15, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_surge_ends_by_itself_soon_after_the_last_heavy_commit()
    {
        var clock = new HandClock();
        var surge = new SurgeSignal(clock);
        Assert.False(surge.IsOn);

        surge.Heavy();
        Assert.True(surge.IsOn);
        clock.Advance(TimeSpan.FromMilliseconds(49));
        Assert.True(surge.IsOn);
        clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(surge.IsOn);
    }

    [Theory]
    [InlineData(60, 29.9, true)]
    [InlineData(60, 30, false)]
    [InlineData(10, 4.9, true)]
    [InlineData(10, 5, false)]
    [InlineData(86_400, 29.9, true)]
    [InlineData(86_400, 30, false)]
    public void A_delivery_waits_for_recording_until_half_of_its_objective_and_half_a_minute_at_most(
        int objectiveSeconds, double waitedSeconds, bool mayWait) =>
        Assert.Equal(mayWait, Delivery(objectiveSeconds).MayWait(RecordedAt.AddSeconds(waitedSeconds)));

    private static ClaimedDelivery Delivery(int objectiveSeconds) => new()
    {
        DeliveryId = Guid.Empty,
        System = null!,
        OptOutId = Guid.Empty,
        Version = 1,
        EffectiveFrom = RecordedAt,
        ApplyBy = RecordedAt.AddSeconds(objectiveSeconds),
        State = DeliveryStates.Pending,
        Attempts = 0,
        AcknowledgementId = null,
        Part = 0,
        SentAt = null,
        Probes = 0,
        Asked = 0,
        AheadBy = TimeSpan.Zero,
        SubjectId = Guid.Empty,
        SurvivorId = Guid.Empty,
        Scope = new Scope("marketing", "any"),
        RecordState = "opted_out",
        RecordedAt = RecordedAt,
        RecordHash = [],
        Synthetic = false,
        TraceParent = null,
        IsOutdated = false,
    };
}
