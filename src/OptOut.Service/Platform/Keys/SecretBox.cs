using System.Security.Cryptography;
using System.Text;

namespace OptOut.Service.Platform.Keys;

/// <summary>
/// Secrets of systems at rest: length of key id ‖ key id ‖ sealed bytes. The label says what the secret is and whose,
/// and is bound to it, so that a blob copied to another row does not open there.
/// </summary>
internal sealed class SecretBox(KeyRing ring)
{
    public byte[] Protect(string label, ReadOnlySpan<byte> secret)
    {
        var id = ring.CurrentId;
        var blob = new byte[1 + id.Length + secret.Length + AeadBox.Overhead];
        blob[0] = (byte)id.Length;
        Encoding.ASCII.GetBytes(id, blob.AsSpan(1));
        AeadBox.Seal(ring.Key(KeyUse.Secret, id), secret, Encoding.UTF8.GetBytes(label), blob.AsSpan(1 + id.Length));
        return blob;
    }

    /// <exception cref="KeyUnknownException">The ring does not hold the key.</exception>
    /// <exception cref="CryptographicException">Malformed, changed, or protected under another label.</exception>
    public byte[] Unprotect(string label, ReadOnlySpan<byte> blob)
    {
        if (blob.IsEmpty || blob.Length < 1 + blob[0]) throw new CryptographicException("The blob is malformed.");
        var id = Encoding.ASCII.GetString(blob.Slice(1, blob[0]));
        if (!KeyRingParser.IsKeyId(id)) throw new CryptographicException("The blob is malformed.");
        return AeadBox.Open(ring.Key(KeyUse.Secret, id), blob[(1 + blob[0])..], Encoding.UTF8.GetBytes(label));
    }
}
