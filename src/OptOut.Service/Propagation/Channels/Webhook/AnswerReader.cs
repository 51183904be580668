using System.Net;
using OptOut.Contracts;

namespace OptOut.Service.Propagation.Channels.Webhook;

/// <summary>Reads what a receiver answered, and no more of it than the bound.</summary>
internal static class AnswerReader
{
    /// <summary>The largest body that can be an acknowledgement.</summary>
    public const int MaxBodyBytes = ContractLimits.MaxMessageBytes;

    /// <summary>The longest wait that a receiver can ask for.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(24);

    public static AttemptOutcome Outcome(HttpStatusCode status) => (int)status switch
    {
        >= 200 and < 300 => AttemptOutcome.Sent,
        >= 300 and < 400 => AttemptOutcome.Redirected,
        (int)HttpStatusCode.Gone => AttemptOutcome.Gone,
        (int)HttpStatusCode.TooManyRequests => AttemptOutcome.TooManyRequests,
        _ => AttemptOutcome.BadStatus,
    };

    /// <summary>
    /// `Retry-After` in seconds or as a date, between nothing and 24 hours; null where there is none.
    /// </summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response, DateTimeOffset now)
    {
        var asked = response.Headers.RetryAfter;
        if ((asked?.Delta ?? (asked?.Date - now)) is not { } wait)
        {
            return null;
        }

        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait > MaxRetryAfter ? MaxRetryAfter : wait;
    }

    /// <summary>The body of a signed 200, or null: then the 200 says no more than a 202.</summary>
    public static async Task<WebhookAnswer?> AnswerAsync(
        HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK
            || Single(response, WebhookHeaders.IdName) is not { } id
            || Single(response, WebhookHeaders.TimestampName) is not { } timestamp
            || Single(response, WebhookHeaders.SignatureName) is not { } signature
            || response.Content.Headers.ContentLength > MaxBodyBytes)
        {
            return null;
        }

        var body = await ReadAsync(response, cancellationToken).ConfigureAwait(false);
        return body is null ? null : new WebhookAnswer(body, id, timestamp, signature);
    }

    /// <summary>The body, or null where it is longer than the bound.</summary>
    public static async Task<byte[]?> ReadAsync(
        HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            // One byte more than allowed shows that there is more.
            var buffer = new byte[MaxBodyBytes + 1];
            var length = await stream.ReadAtLeastAsync(
                buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return length <= MaxBodyBytes ? buffer[..length] : null;
        }
    }

    private static string? Single(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) && values.ToArray() is [{ Length: > 0 } one] ? one : null;
}
