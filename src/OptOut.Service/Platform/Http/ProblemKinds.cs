namespace OptOut.Service.Platform.Http;

/// <summary>The refusals that any route may give. Those of one capability stand in that capability.</summary>
internal static class ProblemKinds
{
    public static readonly ProblemKind MalformedRequest = new(400, "malformed_request", "The request cannot be read.",
        "The HTTP message breaks the protocol, or a parameter has the wrong type.");

    public static readonly ProblemKind InvalidParameter = new(400, "invalid_parameter", "A parameter is not valid.",
        "A query or path parameter does not have the documented form.");

    public static readonly ProblemKind InvalidCursor = new(400, "invalid_cursor", "The cursor does not fit this list.",
        "Cursors are opaque and belong to one list with one set of filters. Start again without a cursor.");

    public static readonly ProblemKind InvalidJson = new(400, "invalid_json", "The body is not JSON.",
        "The body is empty, is not one JSON value, or ends too early.");

    public static readonly ProblemKind InvalidEncoding = new(400, "invalid_encoding", "The body is not valid UTF-8.",
        "JSON travels as UTF-8; unpaired surrogates and other ill-formed sequences are refused.");

    public static readonly ProblemKind NullCharacter = new(400, "null_character", "A string holds U+0000.",
        "The character U+0000 cannot be stored and is refused wherever it stands.");

    public static readonly ProblemKind TooDeep = new(400, "too_deep", "The body is nested too deeply.",
        "At most 32 levels of objects and arrays are read.");

    public static readonly ProblemKind DuplicateMember = new(400, "duplicate_member", "A member appears twice.",
        "Readers disagree about which of two members counts, so a body that repeats one is refused.");

    public static readonly ProblemKind UnknownMember = new(400, "unknown_member", "The body has an unknown member.",
        "Members that the contract does not name are refused, so that none is silently ignored.");

    public static readonly ProblemKind WrongType = new(400, "wrong_type", "A member has the wrong JSON type.",
        "For instance a number where the contract has a string.");

    public static readonly ProblemKind ValidationFailed = new(422, "validation_failed", "The content breaks a rule.",
        "The body could be read, but a required member is missing or a value is outside its rules; see errors.");

    public static readonly ProblemKind TooManyItems = new(422, "too_many_items", "The batch has too many items.",
        "Split the batch; the limit stands in the detail.");

    public static readonly ProblemKind Unauthenticated = new(401, "unauthenticated", "A valid API key is needed.",
        "Send Authorization: Bearer with a key that exists, has not expired and has not been revoked.");

    public static readonly ProblemKind ScopeMissing = new(403, "scope_missing", "The key lacks the needed role.",
        "The detail names the roles of which one is enough.");

    public static readonly ProblemKind RouteClosed = new(403, "route_closed", "This route is closed.",
        "The route states no permission, and what states none is refused.");

    public static readonly ProblemKind NotFound = new(404, "not_found", "Nothing is there.",
        "No such route, or nothing with this id that the caller may see.");

    public static readonly ProblemKind MethodNotAllowed = new(405, "method_not_allowed", "The method does not apply here.",
        "The Allow header names the methods that do.");

    public static readonly ProblemKind NotAcceptable = new(406, "not_acceptable", "No such representation.",
        "The Accept header excludes every form that this resource has.");

    public static readonly ProblemKind RequestTimeout = new(408, "request_timeout", "The request came too slowly.",
        "The body did not arrive in time. Send it again.");

    public static readonly ProblemKind Conflict = new(409, "conflict", "The present state does not allow this.",
        "Read the resource again and decide anew.");

    public static readonly ProblemKind IdempotencyInProgress = new(409, "idempotency_in_progress",
        "The same request is still running.", "A request with this Idempotency-Key has not been answered yet; wait.");

    public static readonly ProblemKind PreconditionFailed = new(412, "precondition_failed", "The resource has changed.",
        "If-Match names a version that is no longer the current one. Read it again.");

    public static readonly ProblemKind BodyTooLarge = new(413, "body_too_large", "The body is too large.",
        "64 KiB for one record, 4 MiB for a batch.");

    public static readonly ProblemKind UnsupportedMediaType = new(415, "unsupported_media_type",
        "The body's media type is not supported.", "Send application/json in UTF-8, without content coding.");

    public static readonly ProblemKind IdempotencyKeyInvalid = new(400, "idempotency_key_invalid",
        "The Idempotency-Key cannot be read.", "1 to 255 visible ASCII characters, bare or as a quoted string, once.");

    public static readonly ProblemKind IdempotencyKeyRequired = new(400, "idempotency_key_required",
        "This request needs an Idempotency-Key.", "Acts that weaken a protection or import data must be repeatable safely.");

    public static readonly ProblemKind IdempotencyKeyReused = new(422, "idempotency_key_reused",
        "The Idempotency-Key belongs to another request.", "Use a new key for a new request; a key stands for 24 hours.");

    public static readonly ProblemKind PreconditionRequired = new(428, "precondition_required", "If-Match is needed.",
        "Acts that weaken a protection must name the version that they are about.");

    public static readonly ProblemKind TooManyRequests = new(429, "too_many_requests", "Too many requests.",
        "Wait for as long as Retry-After says.");

    public static readonly ProblemKind InternalError = new(500, "internal_error", "Something failed on our side.",
        "The requestId finds it in the logs. Sending the request again is safe with an Idempotency-Key.");

    public static readonly ProblemKind StorageUnavailable = new(503, "storage_unavailable", "Storage cannot be reached.",
        "Nothing was half done. Send the request again after Retry-After.");

    public static readonly ProblemKind Overloaded = new(503, "overloaded", "All capacity is in use.",
        "The request was not started. Send it again after Retry-After.");

    /// <summary>All of the above, in the order of the problem page.</summary>
    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        MalformedRequest, InvalidParameter, InvalidCursor, InvalidJson, InvalidEncoding, NullCharacter, TooDeep,
        DuplicateMember, UnknownMember, WrongType, IdempotencyKeyInvalid, IdempotencyKeyRequired, Unauthenticated,
        ScopeMissing, RouteClosed, NotFound, MethodNotAllowed, NotAcceptable, RequestTimeout, Conflict,
        IdempotencyInProgress, PreconditionFailed, BodyTooLarge, UnsupportedMediaType, ValidationFailed, TooManyItems,
        IdempotencyKeyReused, PreconditionRequired, TooManyRequests, InternalError, StorageUnavailable, Overloaded,
    ];

    /// <summary>What a bare status means, for answers that the framework gives without a body.</summary>
    public static ProblemKind ForStatus(int status) => status switch
    {
        401 => Unauthenticated,
        403 => ScopeMissing,
        404 => NotFound,
        405 => MethodNotAllowed,
        406 => NotAcceptable,
        408 => RequestTimeout,
        409 => Conflict,
        412 => PreconditionFailed,
        413 => BodyTooLarge,
        415 => UnsupportedMediaType,
        422 => ValidationFailed,
        428 => PreconditionRequired,
        429 => TooManyRequests,
        503 => Overloaded,
        >= 500 => InternalError,
        _ => MalformedRequest,
    };
}
