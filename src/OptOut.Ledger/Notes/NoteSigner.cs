using System.Security.Cryptography;

namespace OptOut.Ledger.Notes;

/// <summary>
/// A private key that signs notes. Give each signer a key of its own: one key never serves two signature types.
/// </summary>
public abstract class NoteSigner
{
    private protected NoteSigner(NoteVerifier verifier) => Verifier = verifier;

    /// <summary>The public half, with name, key id and vkey.</summary>
    public NoteVerifier Verifier { get; }

    /// <summary>Signs with ECDSA on P-256, which works wherever .NET does.</summary>
    /// <param name="name">The key's name: for a log, its origin.</param>
    /// <param name="key">The key; the caller disposes of it, after the signer's last use.</param>
    /// <exception cref="ArgumentException">The key is on another curve.</exception>
    public static NoteSigner Ecdsa(string name, ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (!EcdsaP256.IsP256(key))
            throw new ArgumentException("The key is not on P-256.", nameof(key));
        return new EcdsaSigner(new(name, NoteKeyType.EcdsaP256, key.ExportSubjectPublicKeyInfo()), key);
    }

    /// <summary>Signs with Ed25519.</summary>
    /// <param name="name">The key's name.</param>
    /// <param name="privateKey">The 32-byte seed.</param>
    /// <exception cref="PlatformNotSupportedException"><see cref="Ed25519.IsSupported"/> is false.</exception>
    public static NoteSigner FromEd25519(string name, ReadOnlySpan<byte> privateKey) =>
        new Ed25519Signer(new(name, NoteKeyType.Ed25519, Ed25519.PublicKey(privateKey)), privateKey.ToArray());

    /// <summary>Cosigns as a witness does.</summary>
    /// <param name="name">The witness's name.</param>
    /// <param name="privateKey">The 32-byte seed.</param>
    /// <param name="clock">Gives the time that the cosignature states.</param>
    /// <exception cref="PlatformNotSupportedException"><see cref="Ed25519.IsSupported"/> is false.</exception>
    public static NoteSigner Cosigner(string name, ReadOnlySpan<byte> privateKey, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var verifier = new NoteVerifier(name, NoteKeyType.Cosignature, Ed25519.PublicKey(privateKey));
        return new WitnessSigner(verifier, privateKey.ToArray(), clock);
    }

    /// <summary>The signature over the text, without the key id.</summary>
    public abstract byte[] Sign(ReadOnlySpan<byte> text);

    private sealed class EcdsaSigner(NoteVerifier verifier, ECDsa key) : NoteSigner(verifier)
    {
        public override byte[] Sign(ReadOnlySpan<byte> text) => EcdsaP256.Sign(key, text);
    }

    private sealed class Ed25519Signer(NoteVerifier verifier, byte[] privateKey) : NoteSigner(verifier)
    {
        public override byte[] Sign(ReadOnlySpan<byte> text) => Ed25519.Sign(privateKey, text);
    }

    private sealed class WitnessSigner(NoteVerifier verifier, byte[] privateKey, TimeProvider clock)
        : NoteSigner(verifier)
    {
        public override byte[] Sign(ReadOnlySpan<byte> text) =>
            Cosignature.Sign(privateKey, text, clock.GetUtcNow());
    }
}
