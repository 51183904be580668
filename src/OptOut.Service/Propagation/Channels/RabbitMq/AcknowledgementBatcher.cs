using System.Threading.Channels;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>
/// Takes acknowledgements to the sink in batches and keeps at it until it has taken them. A message's task ends only
/// then, so the broker keeps it as long as we owe it. Under light load what is there goes at once, and what comes
/// meanwhile is the next batch; under heavy load batches gather, because each costs a commit.
/// </summary>
internal sealed class AcknowledgementBatcher(IAcknowledgementSink sink, TimeProvider clock, ILogger logger)
    : IAsyncDisposable
{
    /// <summary>The most messages of one batch.</summary>
    public const int BatchLimit = 500;

    /// <summary>
    /// Batches that wait or are at the sink. The prefetch is this many batches, or one would wait in vain.
    /// </summary>
    public const int Concurrency = 2;

    /// <summary>
    /// How long a batch that is not full waits for more where many come, and where not, how long it waits at most for
    /// the batch before it to leave the sink.
    /// </summary>
    public static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(20);

    // Fewer in such a time are light load: a commit for a few of them is cheap, and waiting is all that it would save.
    private const int Many = 200;
    private static readonly TimeSpan LoadTime = TimeSpan.FromMilliseconds(100);

    // After these pauses the messages of a batch are tried singly: one of them may be what the sink stumbles over.
    private static readonly TimeSpan[] Pauses =
        [TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2)];

    private static readonly TimeSpan LongPause = TimeSpan.FromSeconds(5);

    // This many single failures and no success: it is the sink that is away.
    private const int ProbeCount = 8;

    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(BatchLimit * Concurrency);
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _gate = new();
    private long _countedSince = clock.GetTimestamp();
    private int _counted;
    private bool _manyCome;
    private Task[] _loops = [];

    public void Start() =>
        _loops = [.. Enumerable.Range(0, Concurrency).Select(_ => Task.Run(RunAsync))];

    /// <summary>Ends when the sink has stored it; cancelled when the batcher stops before.</summary>
    public async Task TakeAsync(IncomingAcknowledgement message, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(message);
        await _waiting.Writer.WriteAsync(waiting, cancellationToken).ConfigureAwait(false);
        await waiting.Stored.Task.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        while (_waiting.Reader.TryRead(out var left))
        {
            left.Stored.TrySetCanceled(CancellationToken.None);
        }

        _stopping.Dispose();
        _turn.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<Waiting>(BatchLimit);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(_stopping.Token).ConfigureAwait(false))
            {
                if (ManyCome())
                {
                    await GatherAsync(batch).ConfigureAwait(false);
                    await StoreAsync(batch).ConfigureAwait(false);
                }
                else
                {
                    await StoreInTurnAsync(batch).ConfigureAwait(false);
                }

                batch.Clear();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            batch.ForEach(waiting => waiting.Stored.TrySetCanceled(CancellationToken.None));
        }
    }

    // At once where the sink is free. A batch that the sink stumbles over must not hold the others up: after a while
    // they go beside it.
    private async Task StoreInTurnAsync(List<Waiting> batch)
    {
        var mine = await _turn.WaitAsync(GatherTime, _stopping.Token).ConfigureAwait(false);
        try
        {
            TakeWaiting(batch);
            await StoreAsync(batch).ConfigureAwait(false);
        }
        finally
        {
            if (mine)
            {
                _turn.Release();
            }
        }
    }

    private async Task GatherAsync(List<Waiting> batch)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        enough.CancelAfter(GatherTime);
        do
        {
            TakeWaiting(batch);
        }
        while (batch.Count < BatchLimit && await MoreAsync(enough.Token).ConfigureAwait(false));
    }

    private void TakeWaiting(List<Waiting> batch)
    {
        var before = batch.Count;
        while (batch.Count < BatchLimit && _waiting.Reader.TryRead(out var next))
        {
            batch.Add(next);
        }

        lock (_gate)
        {
            _counted += batch.Count - before;
        }
    }

    private bool ManyCome()
    {
        lock (_gate)
        {
            if (clock.GetElapsedTime(_countedSince) < LoadTime)
            {
                return _manyCome |= _counted > Many;
            }

            _manyCome = _counted > Many;
            (_counted, _countedSince) = (0, clock.GetTimestamp());
            return _manyCome;
        }
    }

    private async Task<bool> MoreAsync(CancellationToken enough)
    {
        try
        {
            return await _waiting.Reader.WaitToReadAsync(enough).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task StoreAsync(List<Waiting> batch)
    {
        for (var failures = 0; batch.Count > 0;)
        {
            if (await TryAsync(batch, failures).ConfigureAwait(false))
            {
                return;
            }

            await Task.Delay(failures < Pauses.Length ? Pauses[failures] : LongPause, clock, _stopping.Token)
                .ConfigureAwait(false);
            if (++failures < Pauses.Length)
            {
                continue;
            }

            if (batch.Count == 1)
            {
                // Alone in its batch it tells nothing about the sink: it must not keep the others from being tried.
                _ = QueueAgainAsync(batch[0]);
                return;
            }

            await StoreSinglyAsync(batch, failures).ConfigureAwait(false);
        }
    }

    // What is stored leaves the batch. Where some went through, those that did not go to the end of the queue.
    private async Task StoreSinglyAsync(List<Waiting> batch, int failures)
    {
        Random.Shared.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batch));
        var left = new List<Waiting>();
        for (var index = 0; index < batch.Count; index++)
        {
            if (left.Count == ProbeCount && index == ProbeCount)
            {
                return;
            }

            if (!await TryAsync([batch[index]], failures).ConfigureAwait(false))
            {
                left.Add(batch[index]);
            }
        }

        var sinkIsAway = left.Count == batch.Count;
        batch.Clear();
        if (sinkIsAway)
        {
            batch.AddRange(left);
            return;
        }

        left.ForEach(waiting => _ = QueueAgainAsync(waiting));
    }

    private async Task QueueAgainAsync(Waiting waiting)
    {
        try
        {
            await Task.Delay(LongPause, clock, _stopping.Token).ConfigureAwait(false);
            await _waiting.Writer.WriteAsync(waiting, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException
            or ObjectDisposedException)
        {
            waiting.Stored.TrySetCanceled(CancellationToken.None);
        }
    }

    private async Task<bool> TryAsync(List<Waiting> batch, int failures)
    {
        try
        {
            await sink.TakeAsync(batch.ConvertAll(waiting => waiting.Message), _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            RabbitMqLog.SinkFailed(logger, batch.Count, exception.GetType().Name, failures + 1);
            return false;
        }

        batch.ForEach(waiting => waiting.Stored.TrySetResult());
        return true;
    }

    private sealed record Waiting(IncomingAcknowledgement Message)
    {
        public TaskCompletionSource Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
