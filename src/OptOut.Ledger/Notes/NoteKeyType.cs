namespace OptOut.Ledger.Notes;

/// <summary>The signature types of C2SP signed-note that this library speaks; the number is the type's byte.</summary>
public enum NoteKeyType
{
    /// <summary>Ed25519 over the text.</summary>
    Ed25519 = 0x01,

    /// <summary>ECDSA on P-256 over SHA-256 of the text, the signature in DER.</summary>
    EcdsaP256 = 0x02,

    /// <summary>A witness's Ed25519 cosignature/v1, which also states the time.</summary>
    Cosignature = 0x04,
}
