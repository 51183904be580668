using Npgsql;

namespace OptOut.Service.Propagation.Redrives;

/// <summary>Runs redrives in the background, with a pause between pages so that stops of today are not held up.</summary>
internal sealed partial class RedriveWorker(
    RedriveRun run, RedriveSignal signal, TimeProvider clock, ILogger<RedriveWorker> logger) : BackgroundService
{
    /// <summary>Between two rounds of pages while there is work: at most some 10,000 deliveries a second and system.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>How soon another replica's redrive, or one that a crash left, is noticed.</summary>
    public static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                if (await TryRoundAsync(stoppingToken) > 0)
                    await Task.Delay(Pause, clock, stoppingToken);
                else
                    await signal.WaitAsync(IdleInterval, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The place is stored with each page: the next process goes on there.
        }
    }

    private async Task<int> TryRoundAsync(CancellationToken stoppingToken)
    {
        try
        {
            return await run.RoundAsync(stoppingToken);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(exception.GetType().Name, (exception as PostgresException)?.SqlState);
            return 0;
        }
    }

    [LoggerMessage(334, LogLevel.Warning, "Making deliveries due again waits: {ErrorType} {SqlState}")]
    private partial void LogFailed(string errorType, string? sqlState);
}
