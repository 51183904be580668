using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace OptOut.Service.Access;

/// <summary>
/// Keys by id for two seconds, so that a revocation holds on every replica well within five. Misses meet in a queue and
/// are read many at a time by one reader: guessed ids cost the database one statement in flight, however many there are.
/// Unknown ids are not remembered, so a new key works at once everywhere.
/// </summary>
internal sealed class KeyCache(
    Func<string[], CancellationToken, Task<IReadOnlyList<KnownKey>>> load, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>How long a description is used before the database is asked again.</summary>
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(2);

    public const int MaxKeys = 10_000;
    public const int MaxWaiting = 10_000;
    private const int MaxPerStatement = 200;

    private readonly ConcurrentDictionary<string, KnownKey> known = new(StringComparer.Ordinal);
    private readonly Channel<Miss> misses = Channel.CreateBounded<Miss>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly CancellationTokenSource stopping = new();
    private readonly Lock starting = new();
    private Task? reader;

    internal int Count => known.Count;

    /// <summary>The key with this id, at most two seconds old; null where there is none.</summary>
    public ValueTask<KnownKey?> FindAsync(string id, CancellationToken cancellationToken) =>
        known.TryGetValue(id, out var key) && clock.GetTimestamp() < key.StaleAt
            ? ValueTask.FromResult<KnownKey?>(key)
            : new ValueTask<KnownKey?>(ReadAsync(id, cancellationToken));

    /// <summary>Forgets a key that was changed here; other replicas forget it when its time is up.</summary>
    public void Forget(string id) => known.TryRemove(id, out _);

    public async ValueTask DisposeAsync()
    {
        misses.Writer.TryComplete();
        await stopping.CancelAsync();
        if (reader is not null) await reader;
        stopping.Dispose();
    }

    private async Task<KnownKey?> ReadAsync(string id, CancellationToken cancellationToken)
    {
        lock (starting) reader ??= Task.Run(RunAsync, CancellationToken.None);
        var miss = new Miss(id, new TaskCompletionSource<KnownKey?>(TaskCreationOptions.RunContinuationsAsynchronously));
        await misses.Writer.WriteAsync(miss, cancellationToken);
        return await miss.Found.Task.WaitAsync(cancellationToken);
    }

    private async Task RunAsync()
    {
        var batch = new List<Miss>(MaxPerStatement);
        while (await WaitAsync())
        {
            while (batch.Count < MaxPerStatement && misses.Reader.TryRead(out var miss)) batch.Add(miss);
            await AnswerAsync(batch);
            batch.Clear();
        }

        while (misses.Reader.TryRead(out var left)) left.Found.TrySetCanceled();
    }

    private async Task<bool> WaitAsync()
    {
        try
        {
            return await misses.Reader.WaitToReadAsync(stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task AnswerAsync(List<Miss> batch)
    {
        try
        {
            var ids = batch.Select(m => m.Id).Distinct(StringComparer.Ordinal).ToArray();
            var found = (await load(ids, stopping.Token)).ToDictionary(k => k.Caller.KeyId, StringComparer.Ordinal);
            foreach (var id in ids) Keep(id, found.GetValueOrDefault(id));
            foreach (var miss in batch) miss.Found.TrySetResult(found.GetValueOrDefault(miss.Id));
        }
        catch (Exception exception)
        {
            // Each waiting request answers this as its own failure; the next miss tries again.
            foreach (var miss in batch) miss.Found.TrySetException(exception);
        }
    }

    private void Keep(string id, KnownKey? key)
    {
        if (key is null)
        {
            known.TryRemove(id, out _);
            return;
        }

        // Only real keys are kept, so the bound is met only by a very large installation; then the cache starts anew.
        if (known.Count >= MaxKeys) known.Clear();
        known[id] = key;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Miss(string Id, TaskCompletionSource<KnownKey?> Found);
}
