using Npgsql;
using OptOut.Service.Platform.Background;

namespace OptOut.Service.Propagation.Redrives;

/// <summary>Runs redrives in the background.</summary>
internal sealed partial class RedriveWorker(
    RedriveRun run, RedriveSignal signal, TimeProvider clock, ILogger<RedriveWorker> logger)
    : PagedWorker(signal, IdleInterval, clock)
{
    /// <summary>How soon another replica's redrive, or one that a crash left, is noticed.</summary>
    public static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(2);

    protected override Task<int> RoundAsync(CancellationToken cancellationToken) => run.RoundAsync(cancellationToken);

    protected override void LogFailed(Exception exception) =>
        LogFailed(exception.GetType().Name, (exception as PostgresException)?.SqlState);

    [LoggerMessage(334, LogLevel.Warning, "Making deliveries due again waits: {ErrorType} {SqlState}")]
    private partial void LogFailed(string errorType, string? sqlState);
}
