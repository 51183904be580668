using OptOut.Service.Recording.Endpoints;

namespace OptOut.Service.Portal.Links;

/// <summary>The body of <c>POST /v1/links</c>.</summary>
/// <param name="Subject">The person, by identifiers or by id.</param>
/// <param name="Scope">What the link stops, or what the token lifts.</param>
/// <param name="Action"><c>stop</c> or <c>reversal</c>; the latter only for keys of role portal.</param>
public sealed record LinkRequest(SubjectRequest Subject, ScopeRequest Scope, string Action);

/// <summary>A link or a token. Whoever holds it acts as the person: it belongs in no log.</summary>
/// <param name="Url">The page and one-click address of a stop (RFC 8058); null for a reversal.</param>
/// <param name="Token">Of a stop: stateless, the same again for the same scope. Of a reversal: single use.</param>
/// <param name="ExpiresAt">Null for a stop, which never expires; a reversal lives 15 minutes.</param>
/// <param name="ListUnsubscribe">The value of the mail header <c>List-Unsubscribe</c>; null for a reversal.</param>
/// <param name="ListUnsubscribePost">The value of <c>List-Unsubscribe-Post</c>; null for a reversal.</param>
public sealed record LinkView(
    string? Url, string Token, DateTimeOffset? ExpiresAt, string? ListUnsubscribe, string? ListUnsubscribePost)
{
    // The compiler's own text would print the token wherever a record is printed.
    public override string ToString() => Url is null ? "reversal" : "stop";
}
