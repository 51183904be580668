using System.Security.Cryptography;

namespace OptOut.Ledger.Notes;

/// <summary>
/// Ed25519 (RFC 8032) through libcrypto.so.3; .NET has none of its own. Where <see cref="IsSupported"/> is false every
/// method throws <see cref="PlatformNotSupportedException"/>: what cannot be checked is never taken as checked.
/// </summary>
public static class Ed25519
{
    /// <summary>Length of a private key (its seed), in bytes.</summary>
    public const int PrivateKeyBytes = 32;

    /// <summary>Length of a public key, in bytes.</summary>
    public const int PublicKeyBytes = 32;

    /// <summary>Length of a signature, in bytes.</summary>
    public const int SignatureBytes = 64;

    /// <summary>Whether libcrypto.so.3 is on this machine and has Ed25519.</summary>
    public static bool IsSupported => LibCrypto.IsLoaded;

    /// <summary>The public key that belongs to a private one.</summary>
    /// <exception cref="ArgumentException">The key is not 32 bytes long.</exception>
    public static byte[] PublicKey(ReadOnlySpan<byte> privateKey)
    {
        using var key = PrivateHandle(privateKey);
        var publicKey = new byte[PublicKeyBytes];
        nuint length = PublicKeyBytes;
        Require(LibCrypto.GetPublicKey(key, publicKey, ref length) == 1 && length == PublicKeyBytes);
        return publicKey;
    }

    /// <summary>Signs <paramref name="text"/>.</summary>
    /// <exception cref="ArgumentException">The key is not 32 bytes long.</exception>
    public static byte[] Sign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> text)
    {
        using var key = PrivateHandle(privateKey);
        using var context = LibCrypto.NewContext();
        Require(!context.IsInvalid && LibCrypto.SignInit(context, 0, 0, 0, key) == 1);
        var signature = new byte[SignatureBytes];
        nuint length = SignatureBytes;
        Require(LibCrypto.Sign(context, signature, ref length, text, (nuint)text.Length) == 1);
        Require(length == SignatureBytes);
        return signature;
    }

    /// <summary>Whether the signature is this key's over <paramref name="text"/>.</summary>
    /// <exception cref="ArgumentException">The key is not 32 bytes long.</exception>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        RequireKey(publicKey, PublicKeyBytes);
        if (signature.Length != SignatureBytes)
            return false;

        using var key = LibCrypto.NewPublicKey(LibCrypto.KeyTypeEd25519, 0, publicKey, PublicKeyBytes);
        using var context = LibCrypto.NewContext();
        Require(!key.IsInvalid && !context.IsInvalid && LibCrypto.VerifyInit(context, 0, 0, 0, key) == 1);
        var verified = LibCrypto.Verify(context, signature, SignatureBytes, text, (nuint)text.Length) == 1;
        // A refused signature leaves an entry in the thread's error queue, which a later call would take for its own.
        LibCrypto.ClearErrors();
        return verified;
    }

    private static LibCrypto.KeyHandle PrivateHandle(ReadOnlySpan<byte> privateKey)
    {
        RequireKey(privateKey, PrivateKeyBytes);
        var key = LibCrypto.NewPrivateKey(LibCrypto.KeyTypeEd25519, 0, privateKey, PrivateKeyBytes);
        Require(!key.IsInvalid);
        return key;
    }

    private static void RequireKey(ReadOnlySpan<byte> key, int length)
    {
        if (!IsSupported)
            throw new PlatformNotSupportedException("Ed25519 needs libcrypto.so.3 (OpenSSL 3), which is not here.");
        if (key.Length != length)
            throw new ArgumentException("An Ed25519 key has 32 bytes.", nameof(key));
    }

    private static void Require(bool done)
    {
        if (done)
            return;
        LibCrypto.ClearErrors();
        throw new CryptographicException("libcrypto refused an Ed25519 operation.");
    }
}
