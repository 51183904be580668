using System.Runtime.InteropServices;

namespace OptOut.Client.Gate.Table;

/// <summary>
/// One part of the table: open addressing with linear probing. There is one writer and any number of readers, who
/// never wait: a slot's hash is written before its state and never again, and a state is one aligned word, so a reader
/// sees a slot empty, as it was, or as it is. A full segment is replaced as a whole.
/// </summary>
internal sealed class KeySegment
{
    /// <summary>20 bytes: 16 of hash and the set, raised by one so that zero means an empty slot.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private struct Slot
    {
        public ulong High;
        public ulong Low;
        public int State;
    }

    // Between them 28 bytes a slot are 38 to 45 bytes a key, and a look-up in vain meets 8 slots at most on average.
    private const double FullAt = 0.74;
    private const double LoadAfterGrowth = 0.63;
    private const int SmallestCapacity = 4;

    public static readonly KeySegment Empty = new(1);

    private readonly Slot[] _slots;

    // Only the writer compares versions, so they do not take room in the lines that readers touch.
    private readonly long[] _versions;
    private int _count;

    private KeySegment(int capacity)
    {
        _slots = new Slot[capacity];
        _versions = new long[capacity];
    }

    public int Count => _count;

    public long Bytes => _slots.Length * 28L + 88;

    /// <summary>The set that stands under this hash; -1 where there is none.</summary>
    public int Find(in FeedHash hash)
    {
        var slots = _slots;
        var at = Home(hash, slots.Length);
        while (true)
        {
            ref var slot = ref slots[at];
            var state = Volatile.Read(ref slot.State);
            if (state == 0) return -1;
            if (slot.Low == hash.Low && slot.High == hash.High) return state - 1;
            if (++at == slots.Length) at = 0;
        }
    }

    /// <summary>
    /// Sets what stands under a hash, unless a newer version is held. For the writer alone. The answer is the segment
    /// to use from now on: this one, or a larger one that takes its place.
    /// </summary>
    public KeySegment Put(in FeedHash hash, int set, long version, out bool added)
    {
        var at = SlotOf(hash);
        added = _slots[at].State == 0;
        if (added && _count + 1 > _slots.Length * FullAt)
        {
            var larger = Grown();
            larger.Write(larger.SlotOf(hash), hash, set, version);
            return larger;
        }

        if (added || version >= _versions[at]) Write(at, hash, set, version);
        return this;
    }

    /// <summary>Everything held. Safe beside the writer: what it changes meanwhile is told again from the cursor on.</summary>
    public IEnumerable<(FeedHash Hash, int Set, long Version)> Entries()
    {
        for (var at = 0; at < _slots.Length; at++)
        {
            var state = Volatile.Read(ref _slots[at].State);
            if (state != 0)
                yield return (new FeedHash(_slots[at].High, _slots[at].Low), state - 1, Volatile.Read(ref _versions[at]));
        }
    }

    private void Write(int at, in FeedHash hash, int set, long version)
    {
        ref var slot = ref _slots[at];
        if (slot.State == 0)
        {
            slot.High = hash.High;
            slot.Low = hash.Low;
            _count++;
        }

        Volatile.Write(ref _versions[at], version);
        Volatile.Write(ref slot.State, set + 1);
    }

    private KeySegment Grown()
    {
        var larger = new KeySegment(Math.Max(SmallestCapacity, (int)Math.Ceiling((_count + 1) / LoadAfterGrowth)));
        foreach (var (hash, set, version) in Entries()) larger.Write(larger.SlotOf(hash), hash, set, version);
        return larger;
    }

    private int SlotOf(in FeedHash hash)
    {
        var at = Home(hash, _slots.Length);
        while (_slots[at].State != 0 && (_slots[at].Low != hash.Low || _slots[at].High != hash.High))
            if (++at == _slots.Length) at = 0;
        return at;
    }

    private static int Home(in FeedHash hash, int capacity) => (int)((ulong)(uint)hash.Low * (uint)capacity >> 32);
}
