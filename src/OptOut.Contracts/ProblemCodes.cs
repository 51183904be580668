namespace OptOut.Contracts;

/// <summary>
/// Stable codes of the problem documents (RFC 9457, member <c>code</c>): what a caller may branch on. Titles and details
/// are for people and may change.
/// </summary>
public static class ProblemCodes
{
    // Syntax and shape of a request.

    /// <summary>400: the body is not JSON of the expected shape.</summary>
    public const string MalformedBody = "malformed_body";

    /// <summary>400: a member that the contract does not know.</summary>
    public const string UnknownMember = "unknown_member";

    /// <summary>400: a member stands twice in one object.</summary>
    public const string DuplicateMember = "duplicate_member";

    /// <summary>400: nested deeper than the bound.</summary>
    public const string TooDeep = "too_deep";

    /// <summary>413: larger than the bound.</summary>
    public const string BodyTooLarge = "body_too_large";

    /// <summary>415: not a media type that this route reads.</summary>
    public const string UnsupportedMediaType = "unsupported_media_type";

    /// <summary>422: readable, but some member breaks a rule; <c>errors</c> names each by JSON Pointer.</summary>
    public const string ValidationFailed = "validation_failed";

    /// <summary>400: the cursor is not ours, or belongs to other filters.</summary>
    public const string CursorInvalid = "cursor_invalid";

    // Access.

    /// <summary>401: no key, or one that is not valid.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>403: the key lacks the role; the answer says which.</summary>
    public const string ScopeMissing = "scope_missing";

    /// <summary>404: nothing under that id, or nothing that this caller may see.</summary>
    public const string NotFound = "not_found";

    // Recording and reversing.

    /// <summary>403: somebody other than the subject asked to weaken a stop.</summary>
    public const string OverrideForbidden = "opt_out.override_forbidden";

    /// <summary>422: the token of a reversal is spent, foreign or expired.</summary>
    public const string EvidenceInvalid = "evidence_invalid";

    /// <summary>409: a broader stop stands; the answer names what covers the scope.</summary>
    public const string CoveredByBroaderStop = "covered_by_broader_stop";

    /// <summary>400: the request carried no <c>Sec-GPC: 1</c>.</summary>
    public const string GpcSignalAbsent = "gpc_signal_absent";

    /// <summary>422: no such purpose.</summary>
    public const string PurposeUnknown = "purpose_unknown";

    /// <summary>422: no such channel.</summary>
    public const string ChannelUnknown = "channel_unknown";

    /// <summary>422: the identifier cannot be read under the rules of its type.</summary>
    public const string IdentifierInvalid = "identifier_invalid";

    // Idempotency and preconditions.

    /// <summary>400: this act needs an <c>Idempotency-Key</c>.</summary>
    public const string IdempotencyKeyMissing = "idempotency_key_missing";

    /// <summary>422: the key was used for another body.</summary>
    public const string IdempotencyKeyReused = "idempotency_key_reused";

    /// <summary>409 with <c>Retry-After</c>: the first request under this key is still running.</summary>
    public const string IdempotencyInProgress = "idempotency_in_progress";

    /// <summary>428: this act needs <c>If-Match</c>.</summary>
    public const string PreconditionRequired = "precondition_required";

    /// <summary>412: the object is at another version.</summary>
    public const string PreconditionFailed = "precondition_failed";

    // Acknowledgements.

    /// <summary>401: a signature header is missing, unreadable, too old or too new, or does not match.</summary>
    public const string SignatureInvalid = "signature_invalid";

    /// <summary>404: no such delivery to this system.</summary>
    public const string DeliveryUnknown = "delivery_unknown";

    /// <summary>409: the version is older than what this system was last told.</summary>
    public const string AcknowledgementStale = "acknowledgement_stale";

    /// <summary>409: version or record hash are not those of the delivery.</summary>
    public const string AcknowledgementMismatch = "acknowledgement_mismatch";

    // Load and failure.

    /// <summary>429 with <c>Retry-After</c>.</summary>
    public const string RateLimited = "rate_limited";

    /// <summary>503 with <c>Retry-After</c>: full, or something that we need is away. Nothing was written.</summary>
    public const string Unavailable = "unavailable";

    /// <summary>500: a failure of ours.</summary>
    public const string InternalError = "internal_error";
}
