using System.IO.Pipelines;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Feed;

/// <summary>Why a stream ends from our side.</summary>
internal static class FeedEnds
{
    public const string Stopping = "stopping";
    public const string LedgerNotCurrent = "ledger_not_current";
    public const string KeyRevoked = "key_revoked";
}

/// <summary>One caller's stream: what it lacks, then every change. It holds a place in the chain, and no list.</summary>
/// <param name="isEntitled">Looked at every two seconds: whether the caller may still read, else why not.</param>
internal sealed class FeedSession(
    FeedQueries queries, FeedHub hub, PurposeDirectory purposes, ICursors cursors, PipeWriter output,
    Func<ValueTask<string?>> isEntitled)
{
    /// <summary>How long a caller may take no bytes before the connection is given up.</summary>
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan EntitlementInterval = TimeSpan.FromSeconds(2);

    private FeedCursor _cursor;
    private string? _previous;

    /// <summary>Runs until the caller goes away, loses its right, or the service stops.</summary>
    /// <param name="basis">What the caller has; null sends everything.</param>
    public async Task RunAsync(FeedCursor? basis, string? basisText, byte[] hello, CancellationToken cancellationToken)
    {
        FeedEvents.Write(output, FeedEvents.Hello, hello);
        var moment = await queries.MomentAsync(cancellationToken);
        FeedEvents.Write(output, FeedEvents.Purposes,
            FeedEvents.OfPurposes(await purposes.AtAsync(moment.Revision, cancellationToken)));
        await FlushAsync(cancellationToken);

        _cursor = basis ?? new FeedCursor(moment.History, moment.Transaction, new FeedTransfer(Guid.Empty, 0));
        _previous = basisText;
        while (_cursor.Transfer is { } transfer)
        {
            if (await isEntitled() is { } lost)
            {
                await EndAsync(lost, cancellationToken);
                return;
            }

            await TransferAsync(transfer, cancellationToken);
        }

        if (await CatchUpAsync(cancellationToken) is { } node)
            await FollowAsync(node, cancellationToken);
    }

    private async Task TransferAsync(FeedTransfer transfer, CancellationToken cancellationToken)
    {
        if (await queries.PageAsync(transfer.After, cancellationToken) is not var (entries, last))
        {
            Move(FeedEvents.Transferred, FeedEvents.OfTransferred(transfer.Entries), _cursor with { Transfer = null });
        }
        else
        {
            Tell(FeedEvents.Entries, FeedEvents.OfEntries(entries),
                _cursor with { Transfer = new FeedTransfer(last, transfer.Entries + entries.Count) });
        }

        await FlushAsync(cancellationToken);
    }

    /// <summary>From the cursor to now, and the place in the chain from which to go on; null where the stream has ended.</summary>
    private async Task<FeedNode?> CatchUpAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await isEntitled() is { } lost)
            {
                await EndAsync(lost, cancellationToken);
                return null;
            }

            var bound = (await queries.MomentAsync(cancellationToken)).Transaction;
            if (_cursor.Transaction >= bound)
                break;
            var (subjects, next) = await queries.WindowAsync(_cursor.Transaction, bound, cancellationToken);
            Tell(FeedEvents.Changes, FeedEvents.OfEntries(await queries.EntriesAsync(subjects, cancellationToken)),
                _cursor with { Transaction = next });
            await FlushAsync(cancellationToken);
            if (next == bound)
                break;
        }

        // First the place, then the last look: what the chain told before this place is seen by the look.
        var node = await hub.TailAsync();
        var (moment, changes) = await queries.SinceAsync(_cursor.Transaction, cancellationToken);
        var entries = await queries.EntriesAsync([.. changes.Select(c => c.SubjectId).Distinct()], cancellationToken);
        Tell(FeedEvents.Changes, FeedEvents.OfEntries(entries), Later(moment));
        Move(FeedEvents.Heartbeat, FeedEvents.OfHeartbeat(moment), _cursor);
        await FlushAsync(cancellationToken);
        return node;
    }

    private async Task FollowAsync(FeedNode node, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await isEntitled() is { } lost)
            {
                await EndAsync(lost, cancellationToken);
                return;
            }

            if (await NextAsync(node, cancellationToken) is not { } next)
                continue;
            node = next;
            if (node.Purposes is { } tree)
                FeedEvents.Write(output, FeedEvents.Purposes, tree);
            Tell(FeedEvents.Changes, node.Changes, Later(node.Moment));
            if (node.IsHeartbeat)
                Move(FeedEvents.Heartbeat, FeedEvents.OfHeartbeat(node.Moment), Later(node.Moment));
            await FlushAsync(cancellationToken);
        }
    }

    private static async Task<FeedNode?> NextAsync(FeedNode node, CancellationToken cancellationToken)
    {
        try
        {
            return await node.Next.WaitAsync(EntitlementInterval, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>The chain may be behind what this stream read for itself; a cursor never goes back.</summary>
    private FeedCursor Later(FeedMoment moment) =>
        _cursor with { Transaction = Math.Max(_cursor.Transaction, moment.Transaction) };

    /// <summary>Only the last of several events moves the cursor: who has seen less must get them all again.</summary>
    private void Tell(string name, IReadOnlyList<byte[]> events, FeedCursor next)
    {
        for (var i = 0; i < events.Count; i++)
            Move(name, events[i], i == events.Count - 1 ? next : _cursor);
        if (events.Count == 0)
            _cursor = next;
    }

    private void Move(string name, byte[] members, FeedCursor next)
    {
        _cursor = next;
        var id = next.Seal(cursors);
        FeedEvents.Write(output, name, members, id, _previous);
        _previous = id;
    }

    private async Task EndAsync(string reason, CancellationToken cancellationToken)
    {
        FeedEvents.Write(output, FeedEvents.End, FeedEvents.OfEnd(reason));
        await FlushAsync(cancellationToken);
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(SlowAfter);
        await output.FlushAsync(patience.Token);
    }
}
