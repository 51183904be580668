using System.Threading.Channels;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Enforcement.Decisions;

/// <summary>
/// Decisions meet here on their way to the database: one loop commits what waits together, and a caller is answered after
/// the commit that holds its decisions. What cannot be stored is not answered: no stop goes unrecorded.
/// </summary>
internal sealed class DecisionRecorder : BackgroundService
{
    private const int MaxWaiting = 4_096;

    private readonly DecisionStore _store;

    private readonly Channel<Work> _waiting = Channel.CreateBounded<Work>(
        new BoundedChannelOptions(MaxWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    public DecisionRecorder(DecisionStore store)
    {
        _store = store;
        OptOutTelemetry.ObserveQueue("decisions", () => _waiting.Reader.Count);
    }

    /// <summary>
    /// The ids of the stored decisions in their order, null for a report that is known already. At most
    /// <see cref="DecisionStore.ChunkLimit"/> at once. Waits for room where many are waiting: that slows streams down.
    /// </summary>
    public async Task<Guid?[]> StoreAsync(
        string askedBy, IReadOnlyList<DecisionDraft> drafts, CancellationToken cancellationToken)
    {
        if (drafts.Count == 0)
            return [];
        if (drafts.Count > DecisionStore.ChunkLimit)
            throw new ArgumentOutOfRangeException(nameof(drafts));
        var work = new Work(askedBy, drafts);
        await _waiting.Writer.WriteAsync(work, cancellationToken);
        // What was handed in is stored also where the caller goes away: the stop was decided.
        return await work.Stored.Task;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<Work>();
        while (await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var decisions = 0;
            while (_waiting.Reader.TryPeek(out var next)
                && (batch.Count == 0 || decisions + next.Drafts.Count <= DecisionStore.ChunkLimit)
                && _waiting.Reader.TryRead(out var work))
            {
                batch.Add(work);
                decisions += work.Drafts.Count;
            }

            await StoreAsync(batch);
            batch.Clear();
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _waiting.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
    }

    private async Task StoreAsync(List<Work> batch)
    {
        try
        {
            // One chunk, and so one leaf, for each caller of the batch.
            var callers = batch.GroupBy(work => work.AskedBy, StringComparer.Ordinal).ToList();
            var chunks = callers.ConvertAll(
                caller => new DecisionChunk(caller.Key, [.. caller.SelectMany(work => work.Drafts)]));
            var stored = await _store.StoreAsync(chunks, CancellationToken.None);
            for (var i = 0; i < callers.Count; i++)
            {
                var from = 0;
                foreach (var work in callers[i])
                {
                    work.Stored.TrySetResult(stored[i][from..(from + work.Drafts.Count)]);
                    from += work.Drafts.Count;
                }
            }
        }
        catch (Exception exception)
        {
            foreach (var work in batch)
                work.Stored.TrySetException(exception);
        }
    }

    private sealed class Work(string askedBy, IReadOnlyList<DecisionDraft> drafts)
    {
        public string AskedBy { get; } = askedBy;

        public IReadOnlyList<DecisionDraft> Drafts { get; } = drafts;

        public TaskCompletionSource<Guid?[]> Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
