namespace OptOut.Service.Platform.Background;

/// <summary>
/// Does long work page by page, with a pause between rounds so that stops of today are not held up. Each page stores its
/// place, so the next process goes on where this one ended.
/// </summary>
/// <param name="idle">How soon work is noticed that nobody woke this process for: another replica's, or what a crash left.</param>
internal abstract class PagedWorker(WakeSignal signal, TimeSpan idle, TimeProvider clock) : BackgroundService
{
    /// <summary>Between two rounds of pages while there is work: at most some 10,000 rows a second and system.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>One page of everything that has some left. Returns how many pages were done.</summary>
    protected abstract Task<int> RoundAsync(CancellationToken cancellationToken);

    /// <summary>A round that failed is tried again after the idle time.</summary>
    protected abstract void LogFailed(Exception exception);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                if (await TryRoundAsync(stoppingToken) > 0)
                    await Task.Delay(Pause, clock, stoppingToken);
                else
                    await signal.WaitAsync(idle, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The place is stored with each page.
        }
    }

    private async Task<int> TryRoundAsync(CancellationToken stoppingToken)
    {
        try
        {
            return await RoundAsync(stoppingToken);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogFailed(exception);
            return 0;
        }
    }
}
