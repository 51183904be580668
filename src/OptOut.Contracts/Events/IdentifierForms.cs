using System.Security.Cryptography;
using System.Text;

namespace OptOut.Contracts;

/// <summary>
/// Computes the forms that hide an identifier. The service uses them to tell, a system to find the person in its own
/// data; both start from the normalised value.
/// </summary>
public static class IdentifierForms
{
    // Signing and hiding never share a key: an identifier chosen by a stranger must not yield a signature.
    private static ReadOnlySpan<byte> KeyLabel => "optout.identifier.v1"u8;

    /// <summary>Form <c>sha256</c>: 64 lower-case hex characters.</summary>
    public static string Sha256(string normalised)
    {
        ArgumentNullException.ThrowIfNull(normalised);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(normalised)));
    }

    /// <summary>Form <c>hmac</c>: 64 lower-case hex characters under the system's own key.</summary>
    public static string Hmac(ReadOnlySpan<byte> key, string normalised)
    {
        ArgumentNullException.ThrowIfNull(normalised);
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(normalised)));
    }

    /// <summary>
    /// The key for <see cref="Hmac"/> that belongs to a system's secret: HMAC-SHA256 under the secret's bytes over the
    /// text <c>optout.identifier.v1</c>. 32 bytes.
    /// </summary>
    public static byte[] DeriveKey(WebhookSecret secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return HMACSHA256.HashData(secret.Key, KeyLabel);
    }

    /// <summary>The <c>kid</c> of a key: the first 16 lower-case hex characters of its SHA-256.</summary>
    public static string KeyId(ReadOnlySpan<byte> key) => Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, 8));
}
