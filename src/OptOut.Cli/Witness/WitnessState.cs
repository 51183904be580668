using System.Runtime.InteropServices;
using System.Text;
using OptOut.Cli.Running;
using OptOut.Ledger.Notes;

namespace OptOut.Cli.Witness;

/// <summary>
/// The checkpoint that was cosigned last, in a file: on the disk before the cosignature leaves, whole or not at all. A file
/// that cannot be read stops the witness; beginning anew would cosign a second history.
/// </summary>
internal sealed class WitnessState
{
    private readonly string _file;

    public WitnessState(string directory)
    {
        Directory.CreateDirectory(directory);
        _file = Path.Combine(directory, "checkpoint");
        Held = Read();
    }

    /// <summary>Null before the first.</summary>
    public Checkpoint? Held { get; private set; }

    public void Store(SignedNote note, Checkpoint checkpoint)
    {
        var fresh = _file + ".new";
        using (var stream = new FileStream(fresh, FileMode.Create, FileAccess.Write))
        {
            stream.Write(note.ToBytes());
            stream.Flush(flushToDisk: true);
        }

        File.Move(fresh, _file, overwrite: true);
        FlushDirectory(Path.GetDirectoryName(_file)!);
        Held = checkpoint;
    }

    private Checkpoint? Read()
    {
        if (!File.Exists(_file))
            return null;
        try
        {
            return Checkpoint.Parse(SignedNote.Parse(File.ReadAllBytes(_file)).Text);
        }
        catch (FormatException)
        {
            throw CommandException.CouldNot("The stored checkpoint cannot be read. Put back the file; a new one would forget.");
        }
    }

    /// <summary>The rename itself must survive a power cut: on Unix a directory is flushed like a file.</summary>
    private static void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = Open(Encoding.UTF8.GetBytes(directory + '\0'), 0);
        if (descriptor < 0)
            throw new IOException("The directory of the state cannot be opened.");
        try
        {
            if (Flush(descriptor) != 0)
                throw new IOException("The directory of the state cannot be flushed.");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Flush(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
