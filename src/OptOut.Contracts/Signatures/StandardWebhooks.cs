using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace OptOut.Contracts;

/// <summary>
/// Signing and checking as Standard Webhooks has it: HMAC-SHA256 over <c>{id}.{timestamp}.{raw body}</c>. While a
/// secret is rotated the sender signs with both; the receiver accepts any match.
/// </summary>
public static class StandardWebhooks
{
    private const string Version = "v1,";
    private const int MaxIdLength = 200;
    private const int MaxTimestampLength = 12;

    // Two live secrets is the rule; more than this many candidates is somebody playing.
    private const int MaxSignatures = 8;
    private const int MaxSignatureLength = 1_000;

    // An id of three bytes a character, the time, and the dots.
    private const int MaxStartBytes = 3 * MaxIdLength + MaxTimestampLength + 2;

    /// <summary>One signature: <c>v1,</c> and base64.</summary>
    /// <param name="secret">The system's secret.</param>
    /// <param name="id">Unique id of the message.</param>
    /// <param name="timestampSeconds">Unix seconds of this attempt.</param>
    /// <param name="body">The raw body.</param>
    public static string Sign(WebhookSecret secret, string id, long timestampSeconds, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(secret);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Mac(secret, id, timestampSeconds.ToString(CultureInfo.InvariantCulture), body, mac);
        return Version + Convert.ToBase64String(mac);
    }

    /// <summary>All three headers, signed with every secret that is live.</summary>
    public static WebhookHeaders SignAll(
        IReadOnlyList<WebhookSecret> secrets, string id, DateTimeOffset now, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        var seconds = now.ToUnixTimeSeconds();
        var signature = Sign(secrets[0], id, seconds, body);
        for (var i = 1; i < secrets.Count; i++) signature += " " + Sign(secrets[i], id, seconds, body);
        return new WebhookHeaders(id, seconds.ToString(CultureInfo.InvariantCulture), signature);
    }

    /// <summary>Checks the signature over the raw body. Every comparison takes the same time.</summary>
    /// <param name="headers">The headers as they came.</param>
    /// <param name="body">The raw body.</param>
    /// <param name="secrets">Every secret that is live.</param>
    /// <param name="now">The receiver's clock.</param>
    /// <param name="tolerance">
    /// How far the signed time may lie from <paramref name="now"/>; null where messages may wait (AMQP): then the time is
    /// signed but its age is not judged.
    /// </param>
    public static SignatureVerdict Verify(
        WebhookHeaders headers,
        ReadOnlySpan<byte> body,
        IReadOnlyList<WebhookSecret> secrets,
        DateTimeOffset now,
        TimeSpan? tolerance)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        if (string.IsNullOrEmpty(headers.Id) || string.IsNullOrEmpty(headers.Timestamp)
            || string.IsNullOrEmpty(headers.Signature))
        {
            return SignatureVerdict.MissingHeader;
        }

        if (headers.Id.Length > MaxIdLength || headers.Timestamp.Length > MaxTimestampLength
            || headers.Signature.Length > MaxSignatureLength
            || !long.TryParse(headers.Timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var signedAt))
        {
            return SignatureVerdict.Malformed;
        }

        if (tolerance is { } bound)
        {
            var age = now.ToUnixTimeSeconds() - signedAt;
            if (age > bound.TotalSeconds) return SignatureVerdict.TooOld;
            if (-age > bound.TotalSeconds) return SignatureVerdict.TooNew;
        }

        return Match(headers, body, secrets);
    }

    private static SignatureVerdict Match(
        WebhookHeaders headers, ReadOnlySpan<byte> body, IReadOnlyList<WebhookSecret> secrets)
    {
        Span<byte> given = stackalloc byte[MaxSignatures * HMACSHA256.HashSizeInBytes];
        var count = Decode(headers.Signature!, given);
        if (count == 0) return SignatureVerdict.Malformed;

        var matched = false;
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var secret in secrets)
        {
            Mac(secret, headers.Id!, headers.Timestamp!, body, expected);
            for (var i = 0; i < count; i++)
            {
                var one = given.Slice(i * HMACSHA256.HashSizeInBytes, HMACSHA256.HashSizeInBytes);
                matched |= CryptographicOperations.FixedTimeEquals(one, expected);
            }
        }

        return matched ? SignatureVerdict.Ok : SignatureVerdict.Mismatch;
    }

    // Signatures of versions that we do not know are passed over, as the standard wants.
    private static int Decode(ReadOnlySpan<char> text, Span<byte> into)
    {
        var count = 0;
        foreach (var range in text.Split(' '))
        {
            var one = text[range];
            if (count == MaxSignatures) break;
            if (!one.StartsWith(Version, StringComparison.Ordinal)) continue;
            var slot = into.Slice(count * HMACSHA256.HashSizeInBytes, HMACSHA256.HashSizeInBytes);
            if (Convert.TryFromBase64Chars(one[Version.Length..], slot, out var length) && length == slot.Length) count++;
        }

        return count;
    }

    private static void Mac(
        WebhookSecret secret, string id, string timestamp, ReadOnlySpan<byte> body, Span<byte> mac)
    {
        var hash = secret.RentHash();
        Span<byte> start = stackalloc byte[MaxStartBytes];
        start = id.Length <= MaxIdLength && Utf8.TryWrite(start, $"{id}.{timestamp}.", out var length)
            ? start[..length]
            : Encoding.UTF8.GetBytes($"{id}.{timestamp}.");
        hash.AppendData(start);
        hash.AppendData(body);
        hash.GetHashAndReset(mac);
        secret.ReturnHash(hash);
    }
}
