using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace OptOut.Ledger.Notes;

/// <summary>
/// A public key that checks notes, and its text form, the C2SP vkey <c>name+keyid+base64(type ‖ key)</c>.
/// </summary>
public sealed class NoteVerifier
{
    private const int KeyIdDigits = 8;

    private readonly byte[] _publicKey;

    /// <summary>Takes a key that the caller trusts.</summary>
    /// <param name="name">The key's name, usually the origin of the log; no space and no plus sign.</param>
    /// <param name="keyType">Which signatures it checks.</param>
    /// <param name="publicKey">32 bytes for Ed25519 and cosignatures; the SPKI in DER for ECDSA.</param>
    /// <exception cref="FormatException">Name or key are not what the type asks.</exception>
    public NoteVerifier(string name, NoteKeyType keyType, ReadOnlySpan<byte> publicKey)
    {
        if (!NoteName.IsValid(name))
            throw new FormatException("A key's name is not empty and has no space, plus sign or control character.");

        var valid = keyType switch
        {
            NoteKeyType.Ed25519 or NoteKeyType.Cosignature => publicKey.Length == Ed25519.PublicKeyBytes,
            NoteKeyType.EcdsaP256 => EcdsaP256.IsKey(publicKey),
            _ => throw new FormatException("The key's type is not one that this library speaks."),
        };
        if (!valid)
            throw new FormatException("The public key is not one of its type.");

        (Name, KeyType, _publicKey) = (name, keyType, publicKey.ToArray());
        KeyId = ComputeKeyId(name, keyType, publicKey);
    }

    /// <summary>The key's name.</summary>
    public string Name { get; }

    /// <summary>Which signatures it checks.</summary>
    public NoteKeyType KeyType { get; }

    /// <summary>
    /// The number by which a signature line names the key, together with the name. It is no protection: it is short.
    /// </summary>
    public uint KeyId { get; }

    /// <summary>The key: 32 bytes, or the SPKI in DER for ECDSA.</summary>
    public ReadOnlyMemory<byte> PublicKey => _publicKey;

    /// <summary>Reads a vkey.</summary>
    /// <exception cref="FormatException">It is none, its key id is wrong, or its type is unknown.</exception>
    public static NoteVerifier Parse(string vkey)
    {
        ArgumentNullException.ThrowIfNull(vkey);
        // The base64 may hold plus signs of its own.
        var parts = vkey.Split('+', 3);
        if (parts.Length != 3 || parts[1].Length != KeyIdDigits)
            throw new FormatException("A verifier key has three parts joined by plus signs.");

        var key = StrictText.DecodeBase64(parts[2]);
        if (key.Length == 0)
            throw new FormatException("The verifier key is empty.");

        var verifier = new NoteVerifier(parts[0], (NoteKeyType)key[0], key.AsSpan(1));
        return verifier.ToString() == vkey
            ? verifier
            : throw new FormatException("The key id is not that of the name and the key.");
    }

    /// <summary>Whether the signature, without its key id, is this key's over the text.</summary>
    /// <exception cref="PlatformNotSupportedException">
    /// The key is an Ed25519 one and <see cref="Ed25519.IsSupported"/> is false.
    /// </exception>
    public bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) => KeyType switch
    {
        NoteKeyType.EcdsaP256 => EcdsaP256.Verify(_publicKey, text, signature),
        NoteKeyType.Cosignature => Cosignature.Verify(_publicKey, text, signature),
        _ => Ed25519.Verify(_publicKey, text, signature),
    };

    /// <summary>The vkey.</summary>
    public override string ToString()
    {
        byte[] key = [(byte)KeyType, .. _publicKey];
        return string.Create(CultureInfo.InvariantCulture, $"{Name}+{KeyId:x8}+{Convert.ToBase64String(key)}");
    }

    // An ECDSA key's id is that of the key alone; the others take in name and type.
    private static uint ComputeKeyId(string name, NoteKeyType keyType, ReadOnlySpan<byte> publicKey)
    {
        byte[] input = keyType == NoteKeyType.EcdsaP256
            ? publicKey.ToArray()
            : [.. StrictText.Utf8.GetBytes(name), (byte)'\n', (byte)keyType, .. publicKey];
        return BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(input));
    }
}
