namespace OptOut.Service.Propagation.Channels;

/// <summary>What one try gave. <see cref="RetryAfter"/> is the receiver's own wish, at most 24 hours.</summary>
internal sealed record AttemptResult(
    AttemptOutcome Outcome,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    int? StatusCode = null,
    TimeSpan? RetryAfter = null,
    WebhookAnswer? Answer = null,
    VendorWord? Word = null);

/// <summary>
/// The body of a 200 that carried the three Standard Webhooks headers, unverified: bytes exactly as received.
/// </summary>
internal sealed record WebhookAnswer(
    ReadOnlyMemory<byte> Body,
    string WebhookId,
    string WebhookTimestamp,
    string WebhookSignature);
