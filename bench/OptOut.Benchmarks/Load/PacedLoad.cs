using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using OptOut.Benchmarks.Service;

namespace OptOut.Benchmarks.Load;

/// <summary>One press: which opt-out came of it, when it was due, and how long its answer took.</summary>
internal sealed record Press(Guid OptOutId, DateTimeOffset At, double AnsweredMs);

/// <summary>Presses at fixed times over a few kept connections; a late answer delays no other press.</summary>
internal sealed class PacedLoad : IAsyncDisposable
{
    private const int Connections = 64;
    private const int GuidDigits = 32;
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);
    private readonly ConcurrentBag<(HttpConnection Connection, OptOutRequest Request)> idle = [];

    public static async Task<PacedLoad> OpenAsync(
        ServiceUnderTest service, string purpose, CancellationToken cancellationToken)
    {
        var load = new PacedLoad();
        for (var i = 0; i < Connections; i++)
        {
            var connection = new HttpConnection();
            await connection.OpenAsync(service.Address, cancellationToken);
            load.idle.Add((connection, new OptOutRequest(service, purpose)));
        }

        return load;
    }

    public async Task<ConcurrentBag<Press>> RunAsync(int perSecond, TimeSpan span, CancellationToken cancellationToken)
    {
        var presses = new ConcurrentBag<Press>();
        var count = (int)(perSecond * span.TotalSeconds);
        var tasks = new Task[count];
        // A thread of its own: a pool busy with answers must not delay the presses.
        await Task.Factory.StartNew(
            () =>
            {
                var (started, startedAt) = (Stopwatch.GetTimestamp(), TimeProvider.System.GetUtcNow());
                for (var i = 0; i < count && !cancellationToken.IsCancellationRequested; i++)
                {
                    var due = TimeSpan.FromSeconds((double)i / perSecond);
                    while (due - Stopwatch.GetElapsedTime(started) is var left && left > TimeSpan.Zero)
                        Thread.Sleep(left);
                    tasks[i] = PressAsync(presses, startedAt + due, started + (long)(due.TotalSeconds * Stopwatch.Frequency));
                }
            },
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        cancellationToken.ThrowIfCancellationRequested();
        await Task.WhenAll(tasks).WaitAsync(AnswerLimit, cancellationToken);
        return presses;
    }

    public ValueTask DisposeAsync()
    {
        while (idle.TryTake(out var one))
            one.Connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task PressAsync(ConcurrentBag<Press> presses, DateTimeOffset at, long due)
    {
        (HttpConnection Connection, OptOutRequest Request) one;
        while (!idle.TryTake(out one))
            await Task.Delay(1);
        var status = await one.Connection.SendAsync(one.Request.Next(), CancellationToken.None);
        var answered = Stopwatch.GetElapsedTime(due).TotalMilliseconds;
        if (status != 201)
            throw new BenchException($"A press was answered {status}: {Encoding.UTF8.GetString(one.Connection.Body)}");
        presses.Add(new Press(OptOutId(one.Connection.Body), at, answered));
        idle.Add(one);
    }

    private static Guid OptOutId(ReadOnlySpan<byte> body)
    {
        var mark = "\"id\":\"oo_"u8;
        var found = body.IndexOf(mark);
        return found >= 0 && Guid.TryParseExact(
            Encoding.ASCII.GetString(body.Slice(found + mark.Length, GuidDigits)), "N", out var id)
            ? id
            : throw new BenchException("An answer of 201 names no opt-out.");
    }
}
