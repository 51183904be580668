using System.Globalization;
using System.Text;
using OptOut.Ledger.Notes;

namespace OptOut.Ledger.Proofs;

/// <summary>
/// A C2SP tlog-proof, the text that a person keeps (<c>.tlog-proof</c>, text/plain): the leaf, its place, the hashes
/// up to the root and the signed checkpoint. With the log's key it is verified offline, without this service.
/// </summary>
public sealed class Receipt
{
    /// <summary>The longest receipt that is read, in bytes.</summary>
    public const int MaxBytes = 2 * SignedNote.MaxBytes;

    private const string Header = "c2sp.org/tlog-proof@v1";
    private const string ExtraPrefix = "extra ";
    private const string IndexPrefix = "index ";

    /// <summary>Joins the parts.</summary>
    /// <param name="extra">The leaf's bytes; null where the reader has them from elsewhere.</param>
    /// <param name="index">The leaf's place, from 0.</param>
    /// <param name="hashes">The inclusion proof's hashes, from the leaf's sibling upwards.</param>
    /// <param name="checkpoint">The signed checkpoint, verbatim.</param>
    /// <exception cref="FormatException">
    /// A hash is not 32 bytes long, there are too many, or the index is negative.
    /// </exception>
    public Receipt(byte[]? extra, long index, IReadOnlyList<byte[]> hashes, string checkpoint)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (index < 0 || hashes.Count > InclusionProof.MaxHashes)
            throw new FormatException("The index is negative or the proof too long.");
        if (hashes.Any(hash => hash.Length != MerkleTree.HashBytes))
            throw new FormatException("A hash has 32 bytes.");
        (Extra, Index, Hashes, Checkpoint) = (extra, index, hashes, checkpoint);
    }

    /// <summary>The leaf's bytes, if the receipt carries them; authentic only once it is proven.</summary>
    public byte[]? Extra { get; }

    /// <summary>The leaf's place, from 0.</summary>
    public long Index { get; }

    /// <summary>The inclusion proof's hashes.</summary>
    public IReadOnlyList<byte[]> Hashes { get; }

    /// <summary>The signed checkpoint, verbatim.</summary>
    public string Checkpoint { get; }

    /// <summary>Reads a receipt, in its only spelling.</summary>
    /// <exception cref="FormatException">Malformed or too long; the checkpoint in it is not looked into.</exception>
    public static Receipt Parse(ReadOnlySpan<byte> receipt)
    {
        if (receipt.Length > MaxBytes)
            throw new FormatException("The receipt is too long.");

        var text = StrictText.DecodeUtf8(receipt);
        var split = text.IndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0)
            throw new FormatException("An empty line stands before the checkpoint.");

        var lines = new Queue<string>(text[..split].Split('\n'));
        if (lines.Dequeue() != Header)
            throw new FormatException("The first line is not that of a proof.");

        var extra = TryTake(lines, ExtraPrefix) is { } leaf ? StrictText.DecodeBase64(leaf) : null;
        var index = TryTake(lines, IndexPrefix) ?? throw new FormatException("The index is missing.");
        return new Receipt(
            extra,
            StrictText.ParseSize(index),
            [.. lines.Take(InclusionProof.MaxHashes + 1).Select(StrictText.DecodeHash)],
            text[(split + 2)..]);
    }

    /// <summary>Checks the receipt for the leaf that it carries.</summary>
    public ReceiptVerdict Verify(TrustedLog log) =>
        Extra is { } leaf ? Verify(leaf, log) : ReceiptVerdict.OtherLeaf;

    /// <summary>
    /// Checks the receipt for <paramref name="leaf"/>, whose hash is computed here and never taken from anywhere.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">A key is an Ed25519 one and cannot be used here.</exception>
    public ReceiptVerdict Verify(ReadOnlySpan<byte> leaf, TrustedLog log)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (Extra is { } carried && !leaf.SequenceEqual(carried))
            return ReceiptVerdict.OtherLeaf;
        if (!TryReadCheckpoint(out var note, out var checkpoint))
            return ReceiptVerdict.MalformedCheckpoint;
        if (checkpoint.Origin != log.Origin)
            return ReceiptVerdict.OtherLog;

        var proof = new InclusionProof(Index, checkpoint.Size, Hashes);
        return note.Check(log.Keys).Verdict switch
        {
            NoteVerdict.NoKnownKey => ReceiptVerdict.NoKnownKey,
            NoteVerdict.Verified when proof.Verify(MerkleTree.HashLeaf(leaf), checkpoint.Root.Span) =>
                ReceiptVerdict.Proven,
            NoteVerdict.Verified => ReceiptVerdict.NotIncluded,
            _ => ReceiptVerdict.BadSignature,
        };
    }

    /// <summary>The receipt's text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Header).Append('\n');
        if (Extra is { } leaf)
            text.Append(ExtraPrefix).Append(Convert.ToBase64String(leaf)).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"{IndexPrefix}{Index}\n");
        foreach (var hash in Hashes)
            text.Append(Convert.ToBase64String(hash)).Append('\n');
        return text.Append('\n').Append(Checkpoint).ToString();
    }

    private static string? TryTake(Queue<string> lines, string prefix) =>
        lines.TryPeek(out var line) && line.StartsWith(prefix, StringComparison.Ordinal)
            ? lines.Dequeue()[prefix.Length..]
            : null;

    private bool TryReadCheckpoint(out SignedNote note, out Checkpoint checkpoint)
    {
        try
        {
            note = SignedNote.Parse(StrictText.Utf8.GetBytes(Checkpoint));
            checkpoint = Notes.Checkpoint.Parse(note.Text);
            return true;
        }
        catch (FormatException)
        {
            (note, checkpoint) = (null!, null!);
            return false;
        }
    }
}
