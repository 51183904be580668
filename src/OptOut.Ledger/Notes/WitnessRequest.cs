using System.Globalization;
using System.Text;
using OptOut.Ledger.Proofs;

namespace OptOut.Ledger.Notes;

/// <summary>
/// The body of C2SP tlog-witness <c>add-checkpoint</c>: the size that the witness has seen last, the proof that the log has
/// only grown since, and the new checkpoint.
/// </summary>
/// <param name="OldSize">What the sender believes the witness to hold; 0 the first time, with no proof.</param>
/// <param name="Proof">The consistency proof's hashes, 32 bytes each.</param>
/// <param name="Checkpoint">The signed checkpoint, verbatim.</param>
public sealed record WitnessRequest(long OldSize, IReadOnlyList<byte[]> Proof, byte[] Checkpoint)
{
    /// <summary>The media type of the body of a 409: the size that the witness holds.</summary>
    public const string SizeContentType = "text/x.tlog.size";

    /// <summary>The longest body that is read, in bytes: a checkpoint is a few hundred.</summary>
    public const int MaxBytes = 64 * 1024;

    private const string OldPrefix = "old ";

    /// <summary>Reads a body, in its only spelling.</summary>
    /// <exception cref="FormatException">It is malformed or too long; the checkpoint in it is not looked into.</exception>
    public static WitnessRequest Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length > MaxBytes)
            throw new FormatException("The request is too long.");

        var text = StrictText.DecodeUtf8(body);
        var split = text.IndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || !text.StartsWith(OldPrefix, StringComparison.Ordinal))
            throw new FormatException("A request is a line with the old size, a proof, an empty line and a checkpoint.");

        var lines = text[..split].Split('\n');
        if (lines.Length - 1 > ConsistencyProof.MaxHashes)
            throw new FormatException("The proof is too long.");
        return new WitnessRequest(
            StrictText.ParseSize(lines[0][OldPrefix.Length..]),
            [.. lines[1..].Select(StrictText.DecodeHash)],
            StrictText.Utf8.GetBytes(text[(split + 2)..]));
    }

    /// <summary>The body as it is sent.</summary>
    public byte[] ToBytes()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{OldPrefix}{OldSize}\n");
        foreach (var hash in Proof)
            text.Append(Convert.ToBase64String(hash)).Append('\n');
        return [.. StrictText.Utf8.GetBytes(text.Append('\n').ToString()), .. Checkpoint];
    }
}
