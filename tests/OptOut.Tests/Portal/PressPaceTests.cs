using OptOut.Service.Portal.OneClick;

namespace OptOut.Tests.Portal;

public sealed class PressPaceTests
{
    private readonly HandClock _clock = new();

    [Fact]
    public void The_pace_follows_what_good_presses_take()
    {
        var pace = new PressPace(_clock);

        for (var i = 0; i < 100; i++)
            Press(pace, TimeSpan.FromMilliseconds(20));

        Assert.InRange(pace.Pace.TotalMilliseconds, 19.9, 20);
    }

    [Fact]
    public void However_long_good_presses_take_a_forged_one_waits_a_bounded_time()
    {
        var pace = new PressPace(_clock);

        for (var i = 0; i < 1_000; i++)
            Press(pace, TimeSpan.FromMinutes(1));

        Assert.InRange(pace.Pace, TimeSpan.Zero, PressPace.Longest);
    }

    [Fact]
    public async Task A_forged_press_that_took_its_time_already_waits_no_more()
    {
        var pace = new PressPace(_clock);
        var started = pace.Start();
        _clock.Pass(PressPace.Initial);

        // The hand clock has no timers: a wait would never end.
        await pace.CatchUpAsync(started, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_forged_press_waits_until_a_good_one_would_be_done()
    {
        var pace = new PressPace(TimeProvider.System);
        var started = pace.Start();

        await pace.CatchUpAsync(started, TestContext.Current.CancellationToken);

        Assert.True(TimeProvider.System.GetElapsedTime(started) >= PressPace.Initial);
    }

    private void Press(PressPace pace, TimeSpan took)
    {
        var started = pace.Start();
        _clock.Pass(took);
        pace.Passed(started);
    }

    private sealed class HandClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Pass(TimeSpan time) => _ticks += time.Ticks;
    }
}
