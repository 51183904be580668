using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OptOut.Service.Platform.Keys;

/// <summary>What an unsubscribe link stops: one scope of one subject, the channel as its stored byte.</summary>
internal readonly record struct LinkPayload(Guid SubjectId, byte Channel, string Purpose);

/// <summary>
/// The stateless token of an unsubscribe link, base64url of: length of key id ‖ key id ‖ nonce ‖ ciphertext ‖ tag.
/// The nonce is a MAC of the payload, so one payload has one token under a key and a nonce never meets two payloads.
/// Tokens never expire; every key of the ring, also a retired one, opens its own.
/// </summary>
internal sealed class LinkToken(KeyRing ring)
{
    public const int MaxPurposeBytes = 128;

    private const int FixedBytes = 16 + 1;
    private const int MaxPayload = FixedBytes + MaxPurposeBytes;
    private const int MaxBlob = 1 + 16 + AeadBox.NonceBytes + MaxPayload + AeadBox.TagBytes;
    private const int DecoyPayload = FixedBytes + 16;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">The purpose is empty or too long.</exception>
    public string Create(LinkPayload payload)
    {
        var purpose = Utf8.GetByteCount(payload.Purpose);
        if (purpose is 0 or > MaxPurposeBytes)
            throw new ArgumentException("1 to 128 bytes of purpose.", nameof(payload));
        Span<byte> plain = stackalloc byte[FixedBytes + purpose];
        payload.SubjectId.TryWriteBytes(plain, bigEndian: true, out _);
        plain[16] = payload.Channel;
        Utf8.GetBytes(payload.Purpose, plain[FixedBytes..]);

        Span<byte> blob = stackalloc byte[MaxBlob];
        var header = WriteHeader(ring.CurrentId, blob);
        blob = blob[..(header + AeadBox.NonceBytes + plain.Length + AeadBox.TagBytes)];
        var nonce = blob.Slice(header, AeadBox.NonceBytes);
        Nonce(ring.CurrentId, plain, nonce);
        using var cipher = new AesGcm(ring.Key(KeyUse.LinkSeal, ring.CurrentId), AeadBox.TagBytes);
        var sealedPart = blob[(header + AeadBox.NonceBytes)..];
        cipher.Encrypt(
            nonce, plain, sealedPart[..plain.Length], sealedPart[plain.Length..], blob[..header]);
        return Base64Url.EncodeToString(blob);
    }

    /// <summary>
    /// False for everything that this ring did not make, letter for letter. Never throws, and an unreadable token costs
    /// the same cipher and MAC work as a good one.
    /// </summary>
    public bool TryRead(string? token, out LinkPayload payload)
    {
        payload = default;
        Span<byte> buffer = stackalloc byte[MaxBlob];
        var readable = TrySplit(token, buffer, out var length, out var keyId);
        if (!readable)
        {
            keyId = ring.CurrentId;
            length = WriteHeader(keyId, buffer) + AeadBox.NonceBytes + DecoyPayload + AeadBox.TagBytes;
        }

        Span<byte> plain = stackalloc byte[MaxPayload];
        var written = length - 1 - keyId.Length - AeadBox.NonceBytes - AeadBox.TagBytes;
        plain = plain[..written];
        return Verify(keyId, buffer[..length], plain) & readable && TryParse(plain, out payload);
    }

    // Counter mode is its own inverse: encrypting the ciphertext gives the plaintext without the exception that the
    // framework throws for a bad tag, which would cost far more than a good token. Nonce and tag are compared after.
    private bool Verify(string keyId, ReadOnlySpan<byte> blob, Span<byte> plain)
    {
        var header = 1 + keyId.Length;
        var nonce = blob.Slice(header, AeadBox.NonceBytes);
        Span<byte> again = stackalloc byte[plain.Length];
        Span<byte> tag = stackalloc byte[AeadBox.TagBytes];
        Span<byte> expectedNonce = stackalloc byte[AeadBox.NonceBytes];
        using var cipher = new AesGcm(ring.Key(KeyUse.LinkSeal, keyId), AeadBox.TagBytes);
        cipher.Encrypt(nonce, blob[(header + AeadBox.NonceBytes)..^AeadBox.TagBytes], plain, tag, blob[..header]);
        cipher.Encrypt(nonce, plain, again, tag, blob[..header]);
        Nonce(keyId, plain, expectedNonce);
        return CryptographicOperations.FixedTimeEquals(tag, blob[^AeadBox.TagBytes..])
            & CryptographicOperations.FixedTimeEquals(expectedNonce, nonce);
    }

    private bool TrySplit(string? token, Span<byte> blob, out int length, out string keyId)
    {
        keyId = "";
        length = 0;
        if (token is null || token.Length > Base64Url.GetEncodedLength(MaxBlob)) return false;
        if (Base64Url.DecodeFromChars(token, blob, out _, out length) != OperationStatus.Done) return false;
        if (length == 0) return false;

        // Decoders forgive white space, padding and stray bits; a link has one spelling.
        Span<char> spelling = stackalloc char[Base64Url.GetEncodedLength(MaxBlob)];
        if (!Base64Url.TryEncodeToChars(blob[..length], spelling, out var characters)) return false;
        if (!spelling[..characters].SequenceEqual(token)) return false;

        var rest = length - 1 - blob[0] - AeadBox.NonceBytes - AeadBox.TagBytes;
        if (rest is <= FixedBytes or > MaxPayload) return false;
        keyId = Encoding.ASCII.GetString(blob.Slice(1, blob[0]));
        return ring.Knows(keyId);
    }

    private static bool TryParse(ReadOnlySpan<byte> plain, out LinkPayload payload)
    {
        payload = new LinkPayload(
            new Guid(plain[..16], bigEndian: true), plain[16], Encoding.UTF8.GetString(plain[FixedBytes..]));
        return true;
    }

    private void Nonce(string keyId, ReadOnlySpan<byte> plain, Span<byte> nonce)
    {
        Span<byte> mac = stackalloc byte[KeyRing.HashBytes];
        ring.Hmac(KeyUse.Link, keyId, plain, mac);
        mac[..AeadBox.NonceBytes].CopyTo(nonce);
    }

    private static int WriteHeader(string keyId, Span<byte> blob)
    {
        blob[0] = (byte)keyId.Length;
        return 1 + Encoding.ASCII.GetBytes(keyId, blob[1..]);
    }
}
