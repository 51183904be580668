using System.Collections.Concurrent;

namespace OptOut.Subscriber.Fencing;

/// <summary>
/// A fence that forgets when the process ends: for samples and tests. After a restart an older version could pass, so
/// a system that matters uses a store.
/// </summary>
public sealed class InMemoryVersionFence : IVersionFence
{
    /// <summary>The most opt-outs that are remembered; one more is refused, never forgotten in silence.</summary>
    public const int Capacity = 1_000_000;

    private readonly ConcurrentDictionary<(string System, string OptOutId), Slot> _slots = new();

    /// <inheritdoc />
    public async ValueTask<IFencePass> EnterAsync(string system, string optOutId, CancellationToken cancellationToken)
    {
        var key = (system, optOutId);
        if (!_slots.TryGetValue(key, out var slot))
        {
            if (_slots.Count >= Capacity) throw new InvalidOperationException("The fence in memory is full.");
            slot = _slots.GetOrAdd(key, _ => new Slot());
        }

        await slot.Turn.WaitAsync(cancellationToken);
        return new Pass(slot);
    }

    private sealed class Slot
    {
        // Never disposed: without its wait handle a semaphore holds nothing that needs it.
        internal SemaphoreSlim Turn { get; } = new(1, 1);

        internal FencedVersion? Last { get; set; }
    }

    private sealed class Pass(Slot slot) : IFencePass
    {
        private int _left;

        public FencedVersion? Last => slot.Last;

        public ValueTask SettleAsync(FencedVersion version, CancellationToken cancellationToken)
        {
            if (slot.Last is { } last && last.Version > version.Version)
                throw new InvalidOperationException("A newer version is already settled.");
            slot.Last = version;
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) slot.Turn.Release();
            return ValueTask.CompletedTask;
        }
    }
}
