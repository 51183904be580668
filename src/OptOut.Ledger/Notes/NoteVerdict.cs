namespace OptOut.Ledger.Notes;

/// <summary>What checking a note's signatures came to.</summary>
public enum NoteVerdict
{
    /// <summary>At least one known key signed, and no known key's signature is bad.</summary>
    Verified,

    /// <summary>No known key signed; the text must not be believed.</summary>
    NoKnownKey,

    /// <summary>A line claims a known key and its signature is not that key's: the whole note is refused.</summary>
    BadSignature,

    /// <summary>Two of the known keys share the name and the key id of a line, so the line names neither.</summary>
    AmbiguousKey,
}

/// <summary>The verdict on a note, and who signed it.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Verified">
/// The signatures of known keys that verified, each key once; empty unless the verdict is Verified.
/// </param>
/// <param name="UnknownSignatures">How many different signatures of unknown keys were ignored.</param>
public sealed record NoteCheck(NoteVerdict Verdict, IReadOnlyList<NoteSignature> Verified, int UnknownSignatures);
