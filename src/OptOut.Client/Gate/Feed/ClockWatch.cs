using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OptOut.Client.Gate.Feed;

/// <summary>
/// The monotonic clock, by which staleness is measured, stands still while a machine sleeps. Once a second it is compared
/// with the wall clock: where that has run ahead, what is held may be older than it looks and must be confirmed anew. A
/// wall clock that jumps back means nothing.
/// </summary>
internal sealed class ClockWatch(SuppressionGate gate, FeedWorker feed, TimeProvider clock, ILogger<FeedWorker> log)
    : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Less than this is a clock being set right.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    private DateTimeOffset _wall = clock.GetUtcNow();
    private long _monotonic = clock.GetTimestamp();

    /// <summary>One look; true where the wall clock ran ahead since the one before.</summary>
    public bool Look()
    {
        var (wall, monotonic) = (clock.GetUtcNow(), clock.GetTimestamp());
        var ahead = wall - _wall - clock.GetElapsedTime(_monotonic, monotonic);
        (_wall, _monotonic) = (wall, monotonic);
        if (ahead <= Tolerance) return false;
        gate.Withdraw("clock_jumped");
        feed.Reconnect();
        log.ClockJumped((long)ahead.TotalSeconds);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) Look();
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }
}
