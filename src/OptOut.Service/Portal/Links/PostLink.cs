using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Purposes;
using OptOut.Service.Recording;
using OptOut.Service.Recording.Endpoints;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Portal.Links;

/// <summary>
/// <c>POST /v1/links</c>. Repeating it harms nobody, so it needs no Idempotency-Key: a stop's token is the same again, and
/// an answer with a token in it is stored nowhere.
/// </summary>
internal static class PostLink
{
    private const string Stop = "stop";
    private const string Reversal = "reversal";
    private const string OneClick = "List-Unsubscribe=One-Click";

    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(1);

    public static async Task<IResult> HandleAsync(
        HttpContext http, RecordRequestReader reader, RecordingWriter writer, ReversalTokens tokens)
    {
        var body = await RequestBody.ReadAsync(http, PortalJson.Strict.LinkRequest);
        if (!body.TryGet(out var request, out var problem))
            return problem;
        if (request.Action == Reversal && !http.Caller().Has(RoleSet.Portal))
            return ProblemKinds.ScopeMissing.With("A reversal needs a key of role portal.");
        var faults = new List<FieldError>();
        if (request.Action is not (Stop or Reversal))
            faults.Add(new FieldError("/action", "action_unknown", "An action is stop or reversal."));
        var subject = reader.ReadSubject(request.Subject, "/subject", faults);
        var scope = await reader.ReadScopeAsync(request.Scope, "/scope", faults, http.RequestAborted);
        if (faults.Count > 0)
            return new Problem(ProblemKinds.ValidationFailed, Errors: faults);

        // The person is made where nobody knew them, for both actions: the answer then tells nothing about who is known.
        var ensure = new EnsureSubjectCommand(subject!, PostOptOut.ContextOf(http));
        return await writer.SubmitOneAsync(ensure, http.RequestAborted) switch
        {
            SubjectOutcome person when request.Action == Stop => StopLink(http, person.SubjectId, scope!.Value),
            SubjectOutcome person => await ReversalTokenAsync(http, tokens, person.SubjectId, scope!.Value),
            RefusedOutcome refused => RecordingProblems.Of(refused),
            _ => new Problem(ProblemKinds.Overloaded, RetryAfter: RetrySoon),
        };
    }

    private static IResult StopLink(HttpContext http, Guid subjectId, Scope scope)
    {
        Channels.TryGetByte(scope.Channel, out var channel);
        var services = http.RequestServices;
        var token = services.GetRequiredService<LinkToken>()
            .Create(new LinkPayload(subjectId, channel, scope.Purpose));
        var url = services.GetRequiredService<PublicAddress>().UrlOf("/o/" + token);
        return Created(new LinkView(url, token, null, $"<{url}>", OneClick));
    }

    private static async Task<IResult> ReversalTokenAsync(
        HttpContext http, ReversalTokens tokens, Guid subjectId, Scope scope)
    {
        var issued = await tokens.IssueAsync(subjectId, scope, http.Caller().Actor, http.RequestAborted);
        return Created(new LinkView(null, issued.Text, issued.ExpiresAt, null, null));
    }

    private static IResult Created(LinkView view) =>
        TypedResults.Json(view, PortalJson.Strict.LinkView, statusCode: StatusCodes.Status201Created);
}
