using OptOut.Contracts;

namespace OptOut.Service.Propagation.Channels;

/// <summary>How one try of a delivery ended. Stored as snake_case text in `optout.attempt.outcome`.</summary>
internal enum AttemptOutcome
{
    /// <summary>The broker confirmed it, or the receiver answered 2xx.</summary>
    Sent,

    /// <summary>The receiver's answer was a valid acknowledgement. Set by the dispatcher, never by a channel.</summary>
    Acknowledged,

    /// <summary>The broker took it but no queue is bound for it.</summary>
    Unroutable,

    /// <summary>The broker said no (a negative confirm).</summary>
    RefusedByBroker,

    /// <summary>Broker or receiver cannot be reached, or the connection broke before an answer.</summary>
    Unavailable,

    /// <summary>No answer in time.</summary>
    TimedOut,

    /// <summary>Any status that is not 2xx, 3xx, 410 or 429.</summary>
    BadStatus,

    /// <summary>A 3xx: never followed.</summary>
    Redirected,

    /// <summary>410. A finding, not an end.</summary>
    Gone,

    /// <summary>429.</summary>
    TooManyRequests,

    /// <summary>The URL, or an address its name resolves to, is not allowed.</summary>
    TargetForbidden,

    /// <summary>The receiver's name does not resolve.</summary>
    NameNotResolved,

    /// <summary>The TLS handshake or the certificate failed.</summary>
    TlsFailure,

    /// <summary>The vendor gave no access token.</summary>
    AuthenticationFailed,

    /// <summary>The definition, a setting or a secret is missing, or a value cannot stand where it belongs: no call was made.</summary>
    Misconfigured,

    /// <summary>The service is stopping. Nothing is known about this try; it is not stored.</summary>
    Interrupted,
}

internal static class AttemptOutcomes
{
    /// <summary>The text in the database and in answers.</summary>
    public static string ToText(this AttemptOutcome outcome) => WireNames.Of(outcome);
}
