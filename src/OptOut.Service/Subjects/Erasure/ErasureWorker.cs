using OptOut.Service.Platform.Background;

namespace OptOut.Service.Subjects.Erasure;

/// <summary>Looks for erasures that can be done. Any replica does one; two that meet wait for each other at its row.</summary>
internal sealed partial class ErasureWorker(
    ErasureRun run, ErasureSignal signal, TimeProvider clock, ILogger<ErasureWorker> logger)
    : PagedWorker(signal, Idle, clock)
{
    /// <summary>Deliveries close by themselves: this is how soon it is seen.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    protected override Task<int> RoundAsync(CancellationToken cancellationToken) => run.RoundAsync(cancellationToken);

    protected override void LogFailed(Exception exception) => LogTryAgain(exception.GetType().Name);

    [LoggerMessage(620, LogLevel.Warning, "An erasure could not be done now ({ErrorType}); it is tried again")]
    private partial void LogTryAgain(string errorType);
}
