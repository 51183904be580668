namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>What one look found: everything up to a tag with one frame, and some tags each with its own.</summary>
internal readonly record struct DueAcks(ulong? UpTo, IReadOnlyList<ulong> Singly)
{
    public bool IsEmpty => UpTo is null && Singly.Count == 0;
}

/// <summary>
/// Which messages of a channel may be acknowledged together. The broker takes "everything up to this tag" as one, which
/// may cover only messages that are all settled: one that is not yet holds the later ones back, for a while.
/// Not thread-safe. It holds no more tags than the broker has messages out.
/// </summary>
internal sealed class AckWindow(TimeSpan patience)
{
    private readonly SortedDictionary<ulong, TimeSpan> _pending = [];
    private readonly SortedSet<ulong> _unsettled = [];
    private ulong _highest;

    /// <summary>Whether anything waits for its frame.</summary>
    public bool IsIdle => _pending.Count == 0;

    /// <summary>The message is stored and waits for its frame.</summary>
    public void Add(ulong tag, TimeSpan now)
    {
        Settled(tag);
        _pending[tag] = now;
    }

    /// <summary>The message was settled by a frame of its own, which has been written.</summary>
    public void Settled(ulong tag)
    {
        // Tags count up without a gap: those between are out and nothing is known of them yet.
        for (; _highest < tag; _highest++)
        {
            _unsettled.Add(_highest + 1);
        }

        _unsettled.Remove(tag);
    }

    /// <summary>What is to be written now; it waits no longer.</summary>
    public DueAcks Take(TimeSpan now)
    {
        var first = _unsettled.Count == 0 ? ulong.MaxValue : _unsettled.Min;
        ulong? upTo = null;
        var singly = new List<ulong>();
        foreach (var (tag, since) in _pending)
        {
            if (tag < first)
            {
                upTo = tag;
            }
            else if (now - since >= patience)
            {
                singly.Add(tag);
            }
        }

        foreach (var tag in _pending.Keys.TakeWhile(tag => tag <= upTo).Concat(singly).ToArray())
        {
            _pending.Remove(tag);
        }

        return new DueAcks(upTo, singly);
    }
}
