namespace OptOut.Client.Gate.Table;

/// <summary>
/// All suppressed identifiers by hash: 64 segments, few enough that what leads to them stays in the caches, so that a
/// question costs one look into memory. One writer, any number of readers, who take no lock.
/// </summary>
internal sealed class KeyTable
{
    private const int SegmentBits = 6;

    private readonly KeySegment[] _segments = new KeySegment[1 << SegmentBits];
    private long _count;

    public KeyTable() => Array.Fill(_segments, KeySegment.Empty);

    /// <summary>Entries held, tombstones included.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>What the entries occupy.</summary>
    public long Bytes
    {
        get
        {
            var bytes = 0L;
            for (var i = 0; i < _segments.Length; i++) bytes += Volatile.Read(ref _segments[i]).Bytes + 8;
            return bytes;
        }
    }

    /// <summary>The set of scopes that stands under this hash; -1 where there is none.</summary>
    public int Find(in FeedHash hash) => Volatile.Read(ref _segments[Segment(hash)]).Find(hash);

    /// <summary>For the writer alone; a version older than the one held changes nothing.</summary>
    public void Put(in FeedHash hash, int set, long version)
    {
        var at = Segment(hash);
        var before = _segments[at];
        var after = before.Put(hash, set, version, out var added);
        if (!ReferenceEquals(before, after)) Volatile.Write(ref _segments[at], after);
        if (added) Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Everything held; may run beside the writer.</summary>
    public IEnumerable<(FeedHash Hash, int Set, long Version)> Entries()
    {
        for (var i = 0; i < _segments.Length; i++)
            foreach (var entry in Volatile.Read(ref _segments[i]).Entries())
                yield return entry;
    }

    private static int Segment(in FeedHash hash) => (int)(hash.High >> (64 - SegmentBits));
}
