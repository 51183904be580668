using System.Security.Cryptography;

namespace OptOut.Service.Platform.Keys;

/// <summary>
/// AES-256-GCM with a random nonce: version ‖ nonce ‖ ciphertext ‖ tag. A new cipher object each time, because one
/// object must not serve two threads.
/// </summary>
internal static class AeadBox
{
    public const byte Version = 1;
    public const int NonceBytes = 12;
    public const int TagBytes = 16;
    public const int Overhead = 1 + NonceBytes + TagBytes;

    /// <summary>Seals into a destination of plaintext length + <see cref="Overhead"/>.</summary>
    public static void Seal(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> associatedData, Span<byte> destination)
    {
        destination[0] = Version;
        var nonce = destination.Slice(1, NonceBytes);
        RandomBytes.Fill(nonce);
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(
            nonce, plaintext, destination[(1 + NonceBytes)..^TagBytes], destination[^TagBytes..], associatedData);
    }

    /// <exception cref="CryptographicException">Not a box, changed, or made under another key or data.</exception>
    public static byte[] Open(ReadOnlySpan<byte> key, ReadOnlySpan<byte> box, ReadOnlySpan<byte> associatedData)
    {
        if (box.Length < Overhead || box[0] != Version)
            throw new CryptographicException("The sealed bytes are malformed.");
        var plaintext = new byte[box.Length - Overhead];
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Decrypt(
            box.Slice(1, NonceBytes), box[(1 + NonceBytes)..^TagBytes], box[^TagBytes..], plaintext, associatedData);
        return plaintext;
    }
}
