namespace OptOut.Benchmarks.Load;

/// <summary>
/// Holds the load back while more than a bound of opt-outs is under way, so that the whole way is measured as one rate
/// that it can keep up and not as a growing backlog.
/// </summary>
internal sealed class Backpressure(Subscribers subscribers, int systems, int bound) : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private readonly CancellationTokenSource ending = new();
    private Task looking = Task.CompletedTask;
    private long admitted;
    private long taken;

    /// <summary>Of the opt-outs admitted, those that at least one system's acknowledgement is missing of.</summary>
    public long UnderWay => Interlocked.Read(ref admitted) - Interlocked.Read(ref taken) / systems;

    /// <param name="already">Acknowledgements that were taken before the first opt-out of this load.</param>
    public void Start(long already) => looking = Task.Run(() => LookAsync(already));

    public async ValueTask AdmitAsync(CancellationToken cancellationToken)
    {
        while (UnderWay >= bound && !cancellationToken.IsCancellationRequested)
            await Task.Delay(1, CancellationToken.None);
        Interlocked.Increment(ref admitted);
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await looking;
        ending.Dispose();
    }

    private async Task LookAsync(long already)
    {
        while (!ending.IsCancellationRequested)
        {
            Interlocked.Exchange(ref taken, await subscribers.TakenAsync(CancellationToken.None) - already);
            await Task.Delay(Look, CancellationToken.None);
        }
    }
}
