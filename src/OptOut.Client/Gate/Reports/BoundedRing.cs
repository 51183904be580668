namespace OptOut.Client.Gate.Reports;

/// <summary>
/// A bounded queue for many writers and readers that never waits: each place carries the number of the turn in which it
/// may be written or read. A writer that finds it full is told so.
/// </summary>
internal sealed class BoundedRing<T>
{
    private struct Place
    {
        public long Turn;
        public T Item;
    }

    private readonly Place[] _places;
    private long _head;
    private long _tail;

    public BoundedRing(int capacity)
    {
        _places = new Place[capacity];
        for (var i = 0; i < capacity; i++) _places[i].Turn = i;
    }

    public int Count => (int)Math.Clamp(Volatile.Read(ref _tail) - Volatile.Read(ref _head), 0, _places.Length);

    public bool TryWrite(T item)
    {
        while (true)
        {
            var tail = Volatile.Read(ref _tail);
            ref var place = ref _places[tail % _places.Length];
            var turn = Volatile.Read(ref place.Turn);
            if (turn < tail) return false;
            if (turn > tail || Interlocked.CompareExchange(ref _tail, tail + 1, tail) != tail) continue;
            place.Item = item;
            Volatile.Write(ref place.Turn, tail + 1);
            return true;
        }
    }

    public bool TryRead(out T item)
    {
        while (true)
        {
            var head = Volatile.Read(ref _head);
            ref var place = ref _places[head % _places.Length];
            var turn = Volatile.Read(ref place.Turn);
            if (turn <= head)
            {
                item = default!;
                return false;
            }

            if (turn > head + 1 || Interlocked.CompareExchange(ref _head, head + 1, head) != head) continue;
            item = place.Item;
            place.Item = default!;
            Volatile.Write(ref place.Turn, head + _places.Length);
            return true;
        }
    }
}
