using Microsoft.AspNetCore.Http.HttpResults;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Recording;
using OptOut.Service.Recording.Endpoints;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Portal.Links;

/// <summary>
/// <c>POST /v1/links</c>. Repeating it harms nobody, so it needs no Idempotency-Key: a stop's token is the same again,
/// and an answer with a token in it is stored nowhere.
/// </summary>
internal static class PostLink
{
    private const string Stop = "stop";
    private const string Reversal = "reversal";

    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(1);

    public static async Task<IResult> HandleAsync(
        HttpContext http, RecordRequestReader reader, RecordingWriter writer, LinkMaker links)
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

        // The person is made where nobody knew them, for both actions: the answer tells nothing about who is known.
        var ensure = new EnsureSubjectCommand(subject!, PostOptOut.ContextOf(http));
        return await writer.SubmitOneAsync(ensure, http.RequestAborted) switch
        {
            SubjectOutcome person when request.Action == Stop => Created(links.Stop(person.SubjectId, scope!.Value)),
            SubjectOutcome person => Created(await links.ReversalAsync(
                person.SubjectId, scope!.Value, http.Caller().Actor, http.RequestAborted)),
            RefusedOutcome refused => RecordingProblems.Of(refused),
            _ => new Problem(ProblemKinds.Overloaded, RetryAfter: RetrySoon),
        };
    }

    private static JsonHttpResult<LinkView> Created(LinkView view) =>
        TypedResults.Json(view, PortalJson.Strict.LinkView, statusCode: StatusCodes.Status201Created);
}
