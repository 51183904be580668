using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Embedded.Hosting;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Audit.Recovering;

/// <summary>A stretch of the ledger with the rows of its acts, as JSON of the database.</summary>
/// <param name="First">Index of its first leaf.</param>
/// <param name="End">Index after its last.</param>
internal sealed record ArchiveFrame(long First, long End, byte[] Json);

/// <summary>
/// What a restored backup has forgotten is had back from here: an append-only directory outside the database, whose frames
/// are sealed under the master key. Values and openings lie in it as they lie in the database, under the key of their
/// person: erasing the person makes them unreadable here too.
/// </summary>
internal sealed class LedgerArchive(string directory, SecretBox secrets)
{
    /// <summary>Leaves in one file.</summary>
    private const long FileLeaves = 65_536;

    private const int HeaderBytes = sizeof(int) + 2 * sizeof(long);
    private const int MaxFrameBytes = 64 * 1024 * 1024;

    private long? _end;

    /// <summary>Up to which leaf the archive goes; a frame that a crash cut off is cut away.</summary>
    public long End => _end ??= FindEnd();

    /// <summary>Another replica may have written since this one did: the end is looked for anew.</summary>
    public void Reopen() => _end = null;

    /// <summary>Durable when it returns.</summary>
    public void Append(ArchiveFrame frame)
    {
        if (frame.First != End || frame.End <= frame.First)
            throw new InvalidOperationException("A frame follows the one before.");

        var content = secrets.Protect(Label(frame.First, frame.End), frame.Json);
        var bytes = new byte[HeaderBytes + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, content.Length);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(4), frame.First);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(12), frame.End);
        content.CopyTo(bytes, HeaderBytes);
        var file = FileOf(frame.First);
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(directory);
            FileModes.Create(file, FileModes.OwnerReadWrite).Dispose();
        }

        using var stream = new FileStream(file, FileMode.Append, FileAccess.Write);
        stream.Write(bytes);
        stream.Flush(flushToDisk: true);
        _end = frame.End;
    }

    /// <summary>The frames that hold leaves from <paramref name="from"/> on, in order.</summary>
    /// <exception cref="LedgerIncidentException">A frame was changed, or the key is not ours.</exception>
    public IEnumerable<ArchiveFrame> Read(long from)
    {
        foreach (var file in Files())
        {
            using var stream = File.OpenRead(file);
            while (ReadHeader(stream) is { } header)
            {
                if (header.End <= from)
                {
                    stream.Seek(header.Length, SeekOrigin.Current);
                    continue;
                }

                var content = new byte[header.Length];
                stream.ReadExactly(content);
                yield return new ArchiveFrame(header.First, header.End, Open(header.First, header.End, content));
            }
        }
    }

    private byte[] Open(long first, long end, byte[] content)
    {
        try
        {
            return secrets.Unprotect(Label(first, end), content);
        }
        catch (Exception exception) when (exception is CryptographicException or KeyUnknownException)
        {
            throw new LedgerIncidentException(LedgerIncidentException.ArchiveUnreadable);
        }
    }

    private long FindEnd()
    {
        var end = 0L;
        if (Files().LastOrDefault() is not { } last)
            return end;
        var whole = 0L;
        using var stream = new FileStream(last, FileMode.Open, FileAccess.ReadWrite);
        while (ReadHeader(stream) is { } header)
        {
            end = header.End;
            whole = stream.Seek(header.Length, SeekOrigin.Current);
        }

        if (whole < stream.Length)
            stream.SetLength(whole);
        // A file whose only frame was cut off is where the file before ends.
        return end > 0 ? end : long.Parse(Path.GetFileNameWithoutExtension(last), CultureInfo.InvariantCulture) * FileLeaves;
    }

    /// <summary>Null at the end, and where the rest is less than the header says.</summary>
    private static (int Length, long First, long End)? ReadHeader(FileStream stream)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (stream.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes)
            return null;
        var length = BinaryPrimitives.ReadInt32BigEndian(header);
        return length is > 0 and <= MaxFrameBytes && stream.Position + length <= stream.Length
            ? (length, BinaryPrimitives.ReadInt64BigEndian(header[4..]), BinaryPrimitives.ReadInt64BigEndian(header[12..]))
            : null;
    }

    private IEnumerable<string> Files() => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory, "*.log").Order(StringComparer.Ordinal)
        : [];

    // A frame belongs to the file of its first leaf, and may reach into the next one's range.
    private string FileOf(long first) =>
        Path.Combine(directory, (first / FileLeaves).ToString("D12", CultureInfo.InvariantCulture) + ".log");

    private static string Label(long first, long end) =>
        string.Create(CultureInfo.InvariantCulture, $"ledger-archive:{first}:{end}");
}
