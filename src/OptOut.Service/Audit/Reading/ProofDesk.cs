using System.Text;
using OptOut.Ledger.Proofs;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Reading;

/// <summary>What is known about one entry: its leaf, its place, and, once a checkpoint covers it, the proof.</summary>
internal sealed record ProvenEntry(byte[] Leaf, long? Index, Receipt? Receipt);

/// <summary>Builds proofs from committed rows against the newest published checkpoint.</summary>
internal sealed class ProofDesk(LedgerRows rows, LedgerStatus status, TimeProvider clock)
{
    /// <summary>A checkpoint of another replica is seen at the next look.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Requests that wait at once; one more is answered as things stand.</summary>
    private const int MaxWaiting = 512;

    private int _waiting;

    /// <summary>The entry, after waiting as long as the caller prefers; null where there is none.</summary>
    public async Task<ProvenEntry?> FindAsync(HttpContext http, Guid entryId)
    {
        var wait = PreferWait.Read(http) ?? TimeSpan.Zero;
        var started = clock.GetTimestamp();
        var mayWait = Interlocked.Increment(ref _waiting) <= MaxWaiting;
        try
        {
            while (true)
            {
                var next = status.NextAsync();
                if (await rows.FindAsync(entryId, http.RequestAborted) is not { } found)
                    return null;
                if (await ProveAsync(found.Index, found.Leaf, http.RequestAborted) is { } receipt)
                    return new ProvenEntry(found.Leaf, found.Index, receipt);
                if (!mayWait || clock.GetElapsedTime(started) >= wait)
                    return new ProvenEntry(found.Leaf, found.Index, null);
                await Task.WhenAny(next, Task.Delay(LookInterval, clock, http.RequestAborted));
                http.RequestAborted.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>That the tree of <paramref name="to"/> leaves continues the one of <paramref name="from"/>.</summary>
    public async Task<ConsistencyProof> ConsistencyAsync(long from, long to, CancellationToken cancellationToken)
    {
        var nodes = await rows.NodesAsync(to, ConsistencyProof.NodesFor(from, to), cancellationToken);
        return ConsistencyProof.Build(from, to, nodes);
    }

    private async Task<Receipt?> ProveAsync(long? index, byte[] leaf, CancellationToken cancellationToken)
    {
        if (index is not { } place || await rows.CheckpointAsync(cancellationToken) is not { } checkpoint
            || checkpoint.Size <= place)
            return null;

        var needed = InclusionProof.NodesFor(place, checkpoint.Size);
        var nodes = await rows.NodesAsync(checkpoint.Size, needed, cancellationToken);
        var proof = InclusionProof.Build(place, checkpoint.Size, nodes);
        return new Receipt(leaf, place, proof.Hashes, Encoding.UTF8.GetString(checkpoint.Note));
    }
}
