using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace OptOut.Service.Access;

/// <summary>A key as callers hold it: <c>oo_</c>, 16 hex digits of id, <c>_</c>, 43 base64url characters (256 random bits).</summary>
/// <param name="Id">Public: it stands in lists and logs.</param>
/// <param name="SecretHash">SHA-256 over the 43 characters; the secret itself is not kept.</param>
internal sealed record ApiKeyText(string Id, byte[] SecretHash)
{
    public const int Length = 3 + IdLength + 1 + SecretLength;

    private const int IdLength = 16;
    private const int SecretLength = 43;
    private const int SecretBytes = 32;

    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out ApiKeyText? key)
    {
        key = null;
        if (text.Length != Length || !text.StartsWith("oo_", StringComparison.Ordinal) || text[3 + IdLength] != '_')
            return false;
        var id = text.Slice(3, IdLength);
        foreach (var c in id)
            if (!char.IsAsciiHexDigitLower(c)) return false;
        var secret = text[^SecretLength..];
        foreach (var c in secret)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) return false;
        key = new ApiKeyText(id.ToString(), Hash(secret));
        return true;
    }

    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdLength / 2));

    /// <summary>A new secret for this id: the whole key, to be shown once, and its hash, to be kept.</summary>
    public static (string Key, byte[] SecretHash) NewSecret(string id)
    {
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return ($"oo_{id}_{secret}", Hash(secret));
    }

    private static byte[] Hash(ReadOnlySpan<char> secret)
    {
        Span<byte> ascii = stackalloc byte[SecretLength];
        Encoding.ASCII.GetBytes(secret, ascii);
        var hash = SHA256.HashData(ascii);
        CryptographicOperations.ZeroMemory(ascii);
        return hash;
    }
}
