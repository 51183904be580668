using System.Globalization;

namespace OptOut.Ledger.Notes;

/// <summary>
/// A C2SP checkpoint: which log (its origin), how many leaves, and their root. It is the text of a signed note.
/// </summary>
public sealed class Checkpoint
{
    // Origin, size, root, and nothing after the last newline.
    private const int LeastParts = 4;

    private readonly byte[] _root;

    /// <summary>States the head of a log.</summary>
    /// <param name="origin">The log's name, a URL without its scheme.</param>
    /// <param name="size">Number of leaves.</param>
    /// <param name="root">The tree's 32-byte root.</param>
    /// <exception cref="FormatException">The origin is empty or has a line break or control character.</exception>
    /// <exception cref="ArgumentException">The size is negative or the root not 32 bytes long.</exception>
    public Checkpoint(string origin, long size, ReadOnlySpan<byte> root)
        : this(origin, size, root.ToArray(), [])
    {
    }

    private Checkpoint(string origin, long size, byte[] root, IReadOnlyList<string> extensions)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        if (origin.Length == 0 || origin.Any(char.IsControl))
            throw new FormatException("An origin is one line that is not empty.");
        if (root.Length != MerkleTree.HashBytes)
            throw new ArgumentException("A root has 32 bytes.", nameof(root));
        (Origin, Size, _root, Extensions) = (origin, size, root, extensions);
    }

    /// <summary>The log's name.</summary>
    public string Origin { get; }

    /// <summary>Number of leaves.</summary>
    public long Size { get; }

    /// <summary>The 32-byte root.</summary>
    public ReadOnlyMemory<byte> Root => _root;

    /// <summary>Lines after the root that another log may write; this product writes none.</summary>
    public IReadOnlyList<string> Extensions { get; }

    /// <summary>Reads the text of a checkpoint, without signatures.</summary>
    /// <exception cref="FormatException">It is none, or not in its only spelling.</exception>
    public static Checkpoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = text.Split('\n');
        if (lines.Length < LeastParts || lines[^1].Length > 0 || lines[..^1].Any(line => line.Length == 0))
            throw new FormatException("A checkpoint has three lines that are not empty, each with a newline.");
        if (lines.Any(line => line.Any(char.IsControl)))
            throw new FormatException("A checkpoint has no control character but newlines.");

        return new Checkpoint(
            lines[0], StrictText.ParseSize(lines[1]), StrictText.DecodeHash(lines[2]), lines[3..^1]);
    }

    /// <summary>Signs the checkpoint.</summary>
    public SignedNote Sign(IReadOnlyList<NoteSigner> signers) => SignedNote.Sign(ToString(), signers);

    /// <summary>The text that is signed, with its last newline.</summary>
    public override string ToString()
    {
        var size = Size.ToString(CultureInfo.InvariantCulture);
        string[] lines = [Origin, size, Convert.ToBase64String(_root), .. Extensions];
        return string.Join('\n', lines) + "\n";
    }
}
