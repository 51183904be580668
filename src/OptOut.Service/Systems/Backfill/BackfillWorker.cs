using OptOut.Service.Platform.Background;

namespace OptOut.Service.Systems.Backfill;

/// <summary>Runs backfills in the background.</summary>
internal sealed partial class BackfillWorker(
    BackfillRun run, BackfillSignal signal, TimeProvider clock, ILogger<BackfillWorker> logger)
    : PagedWorker(signal, IdleInterval, clock)
{
    /// <summary>How soon another replica's registration, or the second pass, is noticed.</summary>
    public static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(5);

    protected override Task<int> RoundAsync(CancellationToken cancellationToken) => run.RoundAsync(cancellationToken);

    protected override void LogFailed(Exception exception) => LogFailed(exception.GetType().Name);

    [LoggerMessage(2402, LogLevel.Warning, "The backfill of new systems waits: {Error}")]
    private partial void LogFailed(string error);
}
