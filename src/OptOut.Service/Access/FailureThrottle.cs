using System.Net;
using System.Net.Sockets;

namespace OptOut.Service.Access;

/// <summary>
/// Counts failed authentications per source address and per key id in fixed memory. It only turns the answer to a further
/// failure from 401 into 429: a key that holds is never refused for what others did. Two sources that share a slot share
/// its count, which costs a failing caller nothing but the status.
/// </summary>
internal sealed class FailureThrottle(TimeProvider clock)
{
    /// <summary>Failures that one source or key id may make in one window before it is told to wait.</summary>
    public const int Quota = 20;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private const int Slots = 1 << 14;

    // Each slot: the window's number in the upper half, the count in the lower.
    private readonly long[] sources = new long[Slots];
    private readonly long[] keyIds = new long[Slots];

    /// <summary>Counts one failure and says how it stands.</summary>
    public FailureStanding Count(IPAddress? source, string? keyId)
    {
        var ticks = clock.GetElapsedTime(0).Ticks;
        var window = ticks / Window.Ticks;
        var count = Increment(sources, SourceOf(source), window);
        if (keyId is not null) count = Math.Max(count, Increment(keyIds, keyId.GetHashCode(StringComparison.Ordinal), window));
        return new FailureStanding(count > Quota, Math.Max(0, Quota - count), TimeSpan.FromTicks(Window.Ticks - ticks % Window.Ticks));
    }

    private static int Increment(long[] slots, int hash, long window)
    {
        ref var slot = ref slots[hash & (Slots - 1)];
        while (true)
        {
            var seen = Volatile.Read(ref slot);
            var count = (seen >> 32) == (window & int.MaxValue) ? (int)seen : 0;
            // Held at the top, so that a long attack cannot wrap the count around.
            var next = count == int.MaxValue ? count : count + 1;
            if (Interlocked.CompareExchange(ref slot, (window & int.MaxValue) << 32 | (uint)next, seen) == seen) return next;
        }
    }

    // An IPv6 caller commands a whole /64, so that is what counts as one source.
    private static int SourceOf(IPAddress? address)
    {
        if (address is null) return 0;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        var hash = default(HashCode);
        hash.AddBytes(bytes[..(address.AddressFamily == AddressFamily.InterNetworkV6 ? 8 : length)]);
        return hash.ToHashCode();
    }
}

/// <param name="Exceeded">More failures than the quota.</param>
/// <param name="Remaining">Failures left in this window.</param>
/// <param name="Reset">Until the window ends.</param>
internal readonly record struct FailureStanding(bool Exceeded, int Remaining, TimeSpan Reset);
