using OptOut.Ledger.Notes;
using OptOut.Ledger.Tiles;
using OptOut.Service.Platform.Embedded.Hosting;

namespace OptOut.Service.Audit.Sequencing;

/// <summary>
/// The published directory: what any static file server can hand out. A file appears whole by renaming; one that is
/// there already with other bytes is never replaced, because somebody may have read it.
/// </summary>
internal sealed class TileDirectory(string path)
{
    private const string CheckpointName = "checkpoint";
    private const UnixFileMode Readable = FileModes.OwnerReadWrite | FileModes.EveryoneReads;

    /// <summary>The checkpoint that was last swapped in; null in a fresh directory.</summary>
    public byte[]? ReadCheckpoint()
    {
        var file = Path.Combine(path, CheckpointName);
        if (!File.Exists(file))
            return null;
        return new FileInfo(file).Length <= SignedNote.MaxBytes
            ? File.ReadAllBytes(file)
            : throw new LedgerIncidentException(LedgerIncidentException.ForeignCheckpoint);
    }

    /// <exception cref="LedgerIncidentException">Another tile of this name was published before.</exception>
    public void Write(TilePath tile, byte[] content)
    {
        var file = Path.Combine(path, tile.ToString());
        if (File.Exists(file))
        {
            if (new FileInfo(file).Length != content.Length || !File.ReadAllBytes(file).AsSpan().SequenceEqual(content))
                throw new LedgerIncidentException(LedgerIncidentException.TileDiffers);
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        Swap(file, content, overwrite: false);
        // A full tile says all that its partial forerunners said.
        if (tile.IsFull && Directory.Exists(file + ".p"))
            Directory.Delete(file + ".p", recursive: true);
    }

    public void WriteCheckpoint(byte[] note)
    {
        Directory.CreateDirectory(path);
        Swap(Path.Combine(path, CheckpointName), note, overwrite: true);
    }

    private static void Swap(string file, byte[] content, bool overwrite)
    {
        // Only the holder of the lock writes, so a fixed name is enough, and a crash leaves one file behind, not many.
        var fresh = file + ".new";
        File.Delete(fresh);
        using (var stream = FileModes.Create(fresh, Readable))
        {
            stream.Write(content);
            // Without it a power cut could leave an empty file under the final name, which would look like tampering.
            stream.Flush(flushToDisk: true);
        }

        File.Move(fresh, file, overwrite);
    }
}
