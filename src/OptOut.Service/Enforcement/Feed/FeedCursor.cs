using System.Buffers.Binary;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Enforcement.Feed;

/// <summary>Which history a cursor belongs to: the cluster and its timeline. A restore or a failover begins another one.</summary>
internal readonly record struct FeedHistory(long Cluster, int Timeline);

/// <summary>
/// How far a copy has come: it has everything that transactions below <see cref="Transaction"/> wrote. During the first
/// transfer also after which identifier the next page begins, and how many entries were sent.
/// </summary>
internal readonly record struct FeedCursor(FeedHistory History, ulong Transaction, FeedTransfer? Transfer)
{
    private const string List = "suppressions/stream";
    private const int Bytes = sizeof(long) + sizeof(int) + sizeof(ulong);
    private const int TransferBytes = 16 + sizeof(long);

    public string Seal(ICursors cursors)
    {
        Span<byte> bytes = stackalloc byte[Bytes + TransferBytes];
        BinaryPrimitives.WriteInt64BigEndian(bytes, History.Cluster);
        BinaryPrimitives.WriteInt32BigEndian(bytes[8..], History.Timeline);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[12..], Transaction);
        if (Transfer is not { } transfer)
            return cursors.Seal(List, bytes[..Bytes]);
        transfer.After.TryWriteBytes(bytes[Bytes..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes[(Bytes + 16)..], transfer.Entries);
        return cursors.Seal(List, bytes);
    }

    public static bool TryOpen(string? text, ICursors cursors, out FeedCursor cursor)
    {
        cursor = default;
        if (!cursors.TryOpen(text, List, out var bytes) || bytes.Length is not (Bytes or Bytes + TransferBytes))
            return false;
        cursor = new FeedCursor(
            new FeedHistory(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(8))),
            BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(12)),
            bytes.Length == Bytes
                ? null
                : new FeedTransfer(new Guid(bytes.AsSpan(Bytes, 16), bigEndian: true),
                    BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(Bytes + 16))));
        return true;
    }
}

/// <summary>The place in the first transfer.</summary>
internal readonly record struct FeedTransfer(Guid After, long Entries);
