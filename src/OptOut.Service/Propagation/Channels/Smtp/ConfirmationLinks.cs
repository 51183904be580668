using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Propagation.Channels.Smtp;

/// <summary>
/// Links by which a person at a vendor says what was done about one delivery. The token is sealed under the master key:
/// it shows nothing, and nobody can make one. It does not expire; a delivery closes once.
/// </summary>
internal sealed class ConfirmationLinks(SecretBox secrets)
{
    public const string Path = "/c/";

    private const string Label = "confirmation-link";
    private const int MaxTokenLength = 160;

    public string TokenOf(Guid deliveryId) =>
        Base64Url.EncodeToString(secrets.Protect(Label, deliveryId.ToByteArray(bigEndian: true)));

    /// <summary>False for everything that was not made here, letter for letter.</summary>
    public bool TryRead(string? token, out Guid deliveryId)
    {
        deliveryId = default;
        if (token is not { Length: > 0 and <= MaxTokenLength })
            return false;
        Span<byte> blob = stackalloc byte[MaxTokenLength];
        if (Base64Url.DecodeFromChars(token, blob, out _, out var length) != OperationStatus.Done
            || Base64Url.EncodeToString(blob[..length]) != token)
            return false;
        try
        {
            var plain = secrets.Unprotect(Label, blob[..length]);
            deliveryId = plain.Length == 16 ? new Guid(plain, bigEndian: true) : default;
            return plain.Length == 16;
        }
        catch (Exception exception) when (exception is CryptographicException or KeyUnknownException)
        {
            return false;
        }
    }
}
