namespace OptOut.Service.Portal.OneClick;

/// <summary>
/// How long a good press takes, so that a forged one is answered no sooner. Keeps a moving average; its memory is two
/// numbers, and the wait is bounded whatever it has seen. Thread-safe.
/// </summary>
internal sealed class PressPace(TimeProvider clock)
{
    /// <summary>What a press is taken to need before the first good one. A commit on an ordinary disk.</summary>
    public static readonly TimeSpan Initial = TimeSpan.FromMilliseconds(5);

    /// <summary>The longest that a forged press waits: it holds a connection for no longer.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(250);

    private const double Weight = 0.1;

    private readonly Lock _lock = new();
    private double _averageTicks = Initial.Ticks;

    /// <summary>What a forged press is stretched to.</summary>
    public TimeSpan Pace
    {
        get
        {
            lock (_lock)
                return TimeSpan.FromTicks((long)_averageTicks);
        }
    }

    /// <summary>The moment from which a press is timed.</summary>
    public long Start() => clock.GetTimestamp();

    /// <summary>A good press that began at <paramref name="started"/> is done.</summary>
    public void Passed(long started)
    {
        // One slow commit must not slow every forged press for long: it counts as the longest wait at most.
        var ticks = Math.Min(clock.GetElapsedTime(started).Ticks, Longest.Ticks);
        lock (_lock)
            _averageTicks += Weight * (ticks - _averageTicks);
    }

    /// <summary>Waits until a good press that began at <paramref name="started"/> would be done.</summary>
    public async Task CatchUpAsync(long started, CancellationToken cancellationToken)
    {
        // A timer counts whole milliseconds and may be early: what is left is waited for again.
        var pace = Pace;
        TimeSpan rest;
        while ((rest = pace - clock.GetElapsedTime(started)) > TimeSpan.Zero)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(rest.TotalMilliseconds)), clock, cancellationToken);
    }
}
