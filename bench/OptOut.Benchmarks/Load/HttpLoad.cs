using System.Diagnostics;
using OptOut.Benchmarks.Service;

namespace OptOut.Benchmarks.Load;

/// <summary>
/// Opt-outs of new people over 64 connections, each sending its next when the last is answered. Runs until it is
/// disposed; what is counted in a stretch is read out by <see cref="MeasureAsync"/>.
/// </summary>
internal sealed class HttpLoad : IAsyncDisposable
{
    public const int Connections = 64;

    private readonly CancellationTokenSource ending = new();
    private readonly Func<CancellationToken, ValueTask>? admit;
    private readonly Worker[] workers;
    private readonly Task[] running;
    private volatile bool stopping;

    private HttpLoad(ServiceUnderTest service, string purpose, Func<CancellationToken, ValueTask>? admit)
    {
        this.admit = admit;
        workers = [.. Enumerable.Range(0, Connections).Select(_ => new Worker(new OptOutRequest(service, purpose)))];
        running = [.. workers.Select(worker => Task.Run(() => RunAsync(worker, service.Address)))];
    }

    /// <summary>How many have been answered 201 since the start.</summary>
    public long Accepted => workers.Sum(worker => Interlocked.Read(ref worker.Accepted));

    /// <summary>How many have been answered otherwise.</summary>
    public long Refused => workers.Sum(worker => Interlocked.Read(ref worker.Refused));

    /// <param name="service">Who is asked.</param>
    /// <param name="purpose">The stop's purpose.</param>
    /// <param name="admit">Awaited before each request: bounds what is under way; null where nothing does.</param>
    public static HttpLoad Start(ServiceUnderTest service, string purpose, Func<CancellationToken, ValueTask>? admit = null) =>
        new(service, purpose, admit);

    /// <returns>Answers of 201 a second, and the latencies in milliseconds, sorted.</returns>
    public async Task<(double PerSecond, double[] Latencies)> MeasureAsync(TimeSpan span, CancellationToken cancellationToken)
    {
        foreach (var worker in workers)
            worker.Keep(new List<double>());
        var before = Accepted;
        var stretch = new Stretch();
        // A connection that has failed ends the measurement at once.
        await Task.WhenAny([Task.Delay(span, cancellationToken), .. running]);
        cancellationToken.ThrowIfCancellationRequested();
        if (running.FirstOrDefault(task => task.IsCompleted) is { } ended)
            await ended;
        var rate = (Accepted - before) / stretch.End().Seconds;
        var latencies = workers.SelectMany(worker => worker.Keep(null)).Order().ToArray();
        return latencies.Length > 0 ? (rate, latencies) : throw new BenchException("No opt-out was answered 201.");
    }

    /// <summary>Sends no more, and ends when everything sent is answered.</summary>
    public async Task StopAsync()
    {
        stopping = true;
        await ending.CancelAsync();
        await Task.WhenAll(running);
    }

    public async ValueTask DisposeAsync()
    {
        stopping = true;
        await ending.CancelAsync();
        await Task.WhenAll(running).ContinueWith(static _ => { }, TaskScheduler.Default);
        ending.Dispose();
    }

    private async Task RunAsync(Worker worker, Uri address)
    {
        using var connection = new HttpConnection();
        await connection.OpenAsync(address, CancellationToken.None);
        while (!stopping)
        {
            if (admit is not null)
                await admit(ending.Token);
            var sent = Stopwatch.GetTimestamp();
            var status = await connection.SendAsync(worker.Request.Next(), CancellationToken.None);
            if (status == 201)
                worker.Count(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            else
                Interlocked.Increment(ref worker.Refused);
        }
    }

    /// <summary>What one connection counts: nothing is shared between them on the way.</summary>
    private sealed class Worker(OptOutRequest request)
    {
        public long Accepted;
        public long Refused;
        private readonly Lock gate = new();
        private List<double>? latencies;

        public OptOutRequest Request { get; } = request;

        /// <summary>Gives what was kept so far, and keeps on in the next list; null keeps nothing.</summary>
        public List<double> Keep(List<double>? next)
        {
            lock (gate)
            {
                var kept = latencies;
                latencies = next;
                return kept ?? [];
            }
        }

        public void Count(double milliseconds)
        {
            Interlocked.Increment(ref Accepted);
            lock (gate)
                latencies?.Add(milliseconds);
        }
    }
}
