namespace OptOut.Service.Recording.Endpoints;

/// <summary>The body of <c>POST /v1/opt-outs</c>. Only subject and scope.purpose are required.</summary>
/// <param name="Subject">The person, by identifiers or by id.</param>
/// <param name="Scope">What stops.</param>
/// <param name="Actor">Who acted; the subject where absent.</param>
/// <param name="Origin">Where and how; the calling key's name and <c>api</c> where absent.</param>
/// <param name="Reason">Why; <c>user_request</c> where absent.</param>
/// <param name="Regime">The law asked under, such as <c>gdpr</c>.</param>
/// <param name="OccurredAt">When the person said it; a claim. Now, where absent.</param>
public sealed record RecordRequest(
    SubjectRequest Subject,
    ScopeRequest Scope,
    ActorRequest? Actor = null,
    OriginRequest? Origin = null,
    ReasonRequest? Reason = null,
    string? Regime = null,
    DateTimeOffset? OccurredAt = null);

/// <summary>A person: exactly one of the two.</summary>
/// <param name="Id"><c>sub_…</c></param>
/// <param name="Identifiers">1 to 20 identifiers of one person.</param>
public sealed record SubjectRequest(string? Id = null, IReadOnlyList<IdentifierRequest>? Identifiers = null);

/// <summary>An identifier as the person or the caller wrote it; it is normalised here.</summary>
public sealed record IdentifierRequest(string Type, string Value)
{
    // The compiler's own text would print the person's address wherever a record is printed.
    public override string ToString() => Type;
}

/// <summary>A purpose of the tree, and a channel (<c>any</c> where absent).</summary>
public sealed record ScopeRequest(string Purpose, string? Channel = null);

/// <summary>Who acted, and an opaque id (never an address).</summary>
public sealed record ActorRequest(string Type, string? Id = null);

/// <summary>Where and how.</summary>
public sealed record OriginRequest(string? System = null, string? Method = null);

/// <summary>Why, as a code of <c>[a-z0-9_.]</c>.</summary>
public sealed record ReasonRequest(string Code);

/// <summary>The body of <c>POST /v1/opt-outs/{id}/reversals</c>.</summary>
public sealed record ReversalRequest(EvidenceRequest Evidence);

/// <summary>The subject's own proof: the type <c>token</c> and the token of a reversal link.</summary>
public sealed record EvidenceRequest(string Type, string Token)
{
    public override string ToString() => Type;
}
