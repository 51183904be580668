using OptOut.Service.Platform.Telemetry;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Feed;

/// <summary>
/// What happened between two looks, for every stream alike. The nodes are a chain: who holds one can wait for the next, and
/// what nobody holds is gone.
/// </summary>
/// <param name="moment">Everything below its transaction has been told by this node or an earlier one.</param>
internal sealed class FeedNode(FeedMoment moment, IReadOnlyList<byte[]> changes, byte[]? purposes, bool isHeartbeat)
{
    private readonly TaskCompletionSource<FeedNode> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FeedMoment Moment { get; } = moment;

    public IReadOnlyList<byte[]> Changes { get; } = changes;

    public byte[]? Purposes { get; } = purposes;

    public bool IsHeartbeat { get; } = isHeartbeat;

    public Task<FeedNode> Next => _next.Task;

    public void Append(FeedNode next) => _next.TrySetResult(next);
}

/// <summary>
/// Looks for changes ten times a second, once for all streams of this process and only while there is one. A version is
/// told as soon as it can be seen; the cursor follows when no earlier transaction can still write.
/// </summary>
internal sealed partial class FeedHub(FeedQueries queries, PurposeDirectory purposes, TimeProvider clock, ILogger<FeedHub> logger)
{
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private int _streams;
    private FeedNode? _tail;
    private Task<FeedNode>? _starting;

    /// <summary>Takes part; null where the bound is reached. Give it back with <see cref="Leave"/>.</summary>
    public bool TryEnter(int bound)
    {
        lock (_lock)
        {
            if (_streams >= bound)
                return false;
            _streams++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_lock)
            _streams--;
    }

    /// <summary>The newest node. What was committed before this call and is in no node up to it can be read by the caller.</summary>
    public Task<FeedNode> TailAsync()
    {
        lock (_lock)
        {
            if (_tail is { } tail)
                return Task.FromResult(tail);
            return _starting ??= StartAsync();
        }
    }

    private async Task<FeedNode> StartAsync()
    {
        await Task.Yield();
        try
        {
            var moment = await queries.MomentAsync(CancellationToken.None);
            var first = new FeedNode(moment, [], null, isHeartbeat: false);
            lock (_lock)
                (_tail, _starting) = (first, null);
            _ = Task.Run(() => RunAsync(first));
            return first;
        }
        catch
        {
            lock (_lock)
                _starting = null;
            throw;
        }
    }

    private async Task RunAsync(FeedNode tail)
    {
        var told = new Dictionary<(Guid, int), ulong>();
        var heartbeat = clock.GetTimestamp();
        while (Continue())
        {
            try
            {
                await Task.Delay(Interval, clock);
                var isDue = clock.GetElapsedTime(heartbeat) >= HeartbeatInterval;
                if (await LookAsync(tail, told, isDue) is not { } next)
                    continue;
                if (isDue)
                    heartbeat = clock.GetTimestamp();
                lock (_lock)
                    _tail = next;
                tail.Append(next);
                tail = next;
            }
            catch (Exception exception)
            {
                // Streams get no heartbeat meanwhile, and so their copies become stale: that is what they are for.
                LogNotRead(exception.GetType().Name, (exception as Npgsql.PostgresException)?.SqlState);
                await Task.Delay(AfterFailure, clock);
            }
        }
    }

    private bool Continue()
    {
        lock (_lock)
        {
            if (_streams > 0)
                return true;
            _tail = null;
            return false;
        }
    }

    private async Task<FeedNode?> LookAsync(FeedNode tail, Dictionary<(Guid, int), ulong> told, bool isHeartbeat)
    {
        var (moment, seen) = await queries.SinceAsync(tail.Moment.Transaction, CancellationToken.None);
        var fresh = seen.Where(change => !told.ContainsKey((change.OptOutId, change.Version))).ToList();
        var hasPurposes = moment.Revision != tail.Moment.Revision;
        if (fresh.Count == 0 && !hasPurposes && !isHeartbeat)
            return null;

        var entries = await queries.EntriesAsync(
            [.. fresh.Select(change => change.SubjectId).Distinct()], CancellationToken.None);
        foreach (var change in fresh)
            told[(change.OptOutId, change.Version)] = change.Transaction;
        foreach (var (key, _) in told.Where(t => t.Value < moment.Transaction).ToList())
            told.Remove(key);
        OptOutTelemetry.FedChanges(fresh.Count);
        return new FeedNode(moment, FeedEvents.OfEntries(entries),
            hasPurposes ? FeedEvents.OfPurposes(await purposes.AtAsync(moment.Revision, CancellationToken.None)) : null,
            isHeartbeat);
    }

    [LoggerMessage(711, LogLevel.Warning, "Changes could not be read for streams: {ErrorType} {SqlState}")]
    private partial void LogNotRead(string errorType, string? sqlState);
}
