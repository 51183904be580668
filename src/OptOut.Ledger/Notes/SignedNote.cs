using System.Text;

namespace OptOut.Ledger.Notes;

/// <summary>
/// A C2SP signed note: a text that ends in a newline, an empty line, and signature lines. Parsing says nothing about
/// who signed; believe <see cref="Text"/> only after <see cref="Check"/>.
/// </summary>
public sealed class SignedNote
{
    /// <summary>The longest note that is read, in bytes.</summary>
    public const int MaxBytes = 1_000_000;

    /// <summary>The most signatures that are read; the specification asks for at least 16.</summary>
    public const int MaxSignatures = 100;

    private readonly byte[] _text;

    private SignedNote(string text, IReadOnlyList<NoteSignature> signatures)
    {
        (Text, Signatures) = (text, signatures);
        _text = StrictText.Utf8.GetBytes(text);
    }

    /// <summary>The signed text, with its last newline.</summary>
    public string Text { get; }

    /// <summary>The signature lines, in their order.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <summary>Signs a text that ends in a newline.</summary>
    /// <exception cref="ArgumentException">
    /// The text is none that a note can hold, there is no signer, or one key is used for two signature types.
    /// </exception>
    public static SignedNote Sign(string text, IReadOnlyList<NoteSigner> signers)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(signers);
        if (!text.EndsWith('\n') || HasControls(text))
            throw new ArgumentException("A note's text ends in a newline and has no other control.", nameof(text));
        if (signers.Count is 0 or > MaxSignatures)
            throw new ArgumentException("A note needs a signer.", nameof(signers));
        if (signers.DistinctBy(signer => Convert.ToHexString(signer.Verifier.PublicKey.Span)).Count() < signers.Count)
            throw new ArgumentException("One key must not sign twice.", nameof(signers));

        return new SignedNote(text, []).With(signers);
    }

    /// <summary>Reads a note.</summary>
    /// <exception cref="FormatException">It is malformed, too long, or has too many signatures.</exception>
    public static SignedNote Parse(ReadOnlySpan<byte> note)
    {
        if (note.Length > MaxBytes)
            throw new FormatException("The note is too long.");

        var all = StrictText.DecodeUtf8(note);
        var split = all.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || HasControls(all) || !all.EndsWith('\n') || split + 2 == all.Length)
            throw new FormatException("A note is a text, an empty line and signature lines, each with a newline.");

        var lines = all[(split + 2)..^1].Split('\n');
        if (lines.Length > MaxSignatures)
            throw new FormatException("The note has too many signatures.");
        return new SignedNote(all[..(split + 1)], [.. lines.Select(NoteSignature.Parse)]);
    }

    /// <summary>
    /// Checks every signature that claims one of the known keys. Signatures of other keys are ignored.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">
    /// A known key is an Ed25519 one, signed, and cannot be checked on this machine.
    /// </exception>
    public NoteCheck Check(IReadOnlyList<NoteVerifier> known)
    {
        ArgumentNullException.ThrowIfNull(known);
        var verified = new List<NoteSignature>();
        var unknown = new HashSet<string>(StringComparer.Ordinal);
        foreach (var signature in Signatures)
        {
            var keys = known.Where(key => key.Name == signature.Name && key.KeyId == signature.KeyId).ToArray();
            if (keys.Length == 0)
                unknown.Add(signature.ToString());
            else if (keys.Length > 1)
                return new NoteCheck(NoteVerdict.AmbiguousKey, [], 0);
            else if (!keys[0].Verify(_text, signature.Bytes.Span))
                return new NoteCheck(NoteVerdict.BadSignature, [], 0);
            else if (!verified.Any(other => other.Name == signature.Name && other.KeyId == signature.KeyId))
                verified.Add(signature);
        }

        var verdict = verified.Count > 0 ? NoteVerdict.Verified : NoteVerdict.NoKnownKey;
        return new NoteCheck(verdict, verified, unknown.Count);
    }

    /// <summary>The same note with more signatures after those it has, as a witness adds its own.</summary>
    public SignedNote With(IReadOnlyList<NoteSigner> signers)
    {
        ArgumentNullException.ThrowIfNull(signers);
        var added = signers.Select(signer =>
            new NoteSignature(signer.Verifier.Name, signer.Verifier.KeyId, signer.Sign(_text)));
        return new SignedNote(Text, [.. Signatures, .. added]);
    }

    /// <summary>The same note with signature lines that others have made, such as a witness's answer; not yet checked.</summary>
    /// <exception cref="FormatException">They are malformed, or too many.</exception>
    public SignedNote WithLines(string lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        if (!lines.EndsWith('\n') || HasControls(lines) || lines.Length > MaxBytes)
            throw new FormatException("Each signature line ends in a newline.");
        NoteSignature[] all = [.. Signatures, .. lines[..^1].Split('\n').Select(NoteSignature.Parse)];
        return all.Length <= MaxSignatures
            ? new SignedNote(Text, all)
            : throw new FormatException("The note has too many signatures.");
    }

    /// <summary>The whole note as UTF-8.</summary>
    public byte[] ToBytes() => StrictText.Utf8.GetBytes(ToString());

    /// <summary>The whole note.</summary>
    public override string ToString()
    {
        var note = new StringBuilder(Text).Append('\n');
        foreach (var signature in Signatures)
            note.Append(signature).Append('\n');
        return note.ToString();
    }

    private static bool HasControls(string text) => text.Any(character => character < ' ' && character != '\n');
}
