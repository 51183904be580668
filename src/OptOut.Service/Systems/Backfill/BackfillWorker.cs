namespace OptOut.Service.Systems.Backfill;

/// <summary>Runs backfills in the background, with a pause between pages so that stops of today go first.</summary>
internal sealed partial class BackfillWorker(
    BackfillRun run, BackfillSignal signal, TimeProvider clock, ILogger<BackfillWorker> logger) : BackgroundService
{
    /// <summary>Between two rounds of pages while there is work: at most some 10,000 opt-outs a second and system.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>How soon another replica's registration, or the second pass, is noticed.</summary>
    public static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(5);

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
            LogFailed(exception.GetType().Name);
            return 0;
        }
    }

    [LoggerMessage(2402, LogLevel.Warning, "The backfill of new systems waits: {Error}")]
    private partial void LogFailed(string error);
}
