using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using OptOut.Client.Gate.Table;

namespace OptOut.Client.Gate.Snapshots;

/// <summary>Why a snapshot is not used. The gate then fetches the whole list and is not ready until it has it.</summary>
internal enum SnapshotRefusal
{
    /// <summary>There is no file.</summary>
    Missing,

    /// <summary>Changed, cut off, of another service, under another key, or of a form that is not read any more.</summary>
    Unreadable,

    /// <summary>Older than the bound.</summary>
    TooOld,

    /// <summary>Written later than it is now: one of the two clocks was wrong, so its age is not known.</summary>
    FromTheFuture,
}

/// <summary>
/// The copy on disk. It only saves the transfer of what is known already: a copy from here is never relied on before the
/// feed has brought it up to date.
/// </summary>
internal sealed class SnapshotFile(string path, SnapshotKey key, TimeSpan maxAge, TimeProvider clock)
{
    private const int EntryBytes = FeedHash.Bytes + sizeof(int) + sizeof(long);
    private const int EntriesAPiece = 16 * 1024;
    private const int MaxHeadBytes = SnapshotBox.MaxPiece;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Two machines of one installation may differ by that much.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    /// <summary>Writes beside the file and swaps it in: a crash leaves the old one. May run beside the feed.</summary>
    public void Write(SnapshotHead head, KeyTable table)
    {
        var partial = path + ".partial";
        File.Delete(partial);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(partial, options))
        {
            using var writer = new SnapshotBox.Writer(file, key);
            WriteHead(writer, JsonSerializer.SerializeToUtf8Bytes(head, SnapshotJson.Default.SnapshotHead));
            WriteEntries(writer, head, table);
            file.Flush(flushToDisk: true);
        }

        File.Move(partial, path, overwrite: true);
    }

    public (SuppressionCopy? Copy, SnapshotRefusal? Refusal) Read()
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            using var pieces = SnapshotBox.Read(file, key).GetEnumerator();
            if (ReadHead(pieces) is not { } head) return (null, SnapshotRefusal.Unreadable);
            var age = clock.GetUtcNow() - head.WrittenAt;
            if (age > maxAge) return (null, SnapshotRefusal.TooOld);
            if (age < -ClockTolerance) return (null, SnapshotRefusal.FromTheFuture);
            return head.Open() is { } copy && TryReadEntries(pieces, head, copy)
                ? (copy, null)
                : (null, SnapshotRefusal.Unreadable);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return (null, SnapshotRefusal.Missing);
        }
        catch (Exception fault) when (fault is CryptographicException or JsonException or IOException
            or UnauthorizedAccessException or InvalidOperationException)
        {
            return (null, SnapshotRefusal.Unreadable);
        }
    }

    // Many purposes or sets may need more than one piece: an empty one ends the head.
    private static void WriteHead(SnapshotBox.Writer writer, byte[] head)
    {
        foreach (var part in head.Chunk(MaxHeadBytes)) writer.Write(part, isLast: false);
        writer.Write([], isLast: false);
    }

    private static SnapshotHead? ReadHead(IEnumerator<byte[]> pieces)
    {
        using var head = new MemoryStream();
        while (pieces.MoveNext() && pieces.Current.Length > 0) head.Write(pieces.Current);
        return JsonSerializer.Deserialize(head.GetBuffer().AsSpan(0, (int)head.Length), SnapshotJson.Default.SnapshotHead);
    }

    private static void WriteEntries(SnapshotBox.Writer writer, SnapshotHead head, KeyTable table)
    {
        var piece = new byte[EntriesAPiece * EntryBytes];
        var length = 0;
        foreach (var (hash, set, version) in table.Entries())
        {
            // A set that is newer than the head came after the cursor, and so comes again with the changes.
            if (set >= head.Sets.Count) continue;
            if (length == piece.Length)
            {
                writer.Write(piece, isLast: false);
                length = 0;
            }

            var entry = piece.AsSpan(length, EntryBytes);
            BinaryPrimitives.WriteUInt64BigEndian(entry, hash.High);
            BinaryPrimitives.WriteUInt64BigEndian(entry[8..], hash.Low);
            BinaryPrimitives.WriteInt32BigEndian(entry[16..], set);
            BinaryPrimitives.WriteInt64BigEndian(entry[20..], version);
            length += EntryBytes;
        }

        writer.Write(piece.AsSpan(0, length), isLast: true);
    }

    private static bool TryReadEntries(IEnumerator<byte[]> pieces, SnapshotHead head, SuppressionCopy copy)
    {
        while (pieces.MoveNext())
        {
            var piece = pieces.Current;
            if (piece.Length % EntryBytes != 0) return false;
            for (var at = 0; at < piece.Length; at += EntryBytes)
            {
                var entry = piece.AsSpan(at, EntryBytes);
                var set = BinaryPrimitives.ReadInt32BigEndian(entry[16..]);
                if (set < 0 || set >= head.Sets.Count) return false;
                copy.Table.Put(FeedHash.From(entry), set, BinaryPrimitives.ReadInt64BigEndian(entry[20..]));
            }
        }

        copy.Restore(head.Cursor);
        return true;
    }
}
