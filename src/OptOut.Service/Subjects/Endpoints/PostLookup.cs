using OptOut.Service.Platform.Http;
using OptOut.Service.Recording.Endpoints;

namespace OptOut.Service.Subjects.Endpoints;

/// <summary>
/// <c>POST /v1/subjects/lookup</c>: the identifier stands in the body, since a URL is logged on its way.
/// </summary>
internal static class PostLookup
{
    public static async Task<IResult> HandleAsync(HttpContext http, RecordRequestReader reader, SubjectQueries subjects)
    {
        var body = await RequestBody.ReadAsync(http, SubjectsJson.Strict.LookupRequest);
        if (!body.TryGet(out var request, out var problem))
            return problem;
        var faults = new List<FieldError>();
        if (reader.ReadIdentifier(request.Identifier, "/identifier", faults) is not { } identifier)
            return new Problem(ProblemKinds.ValidationFailed, Errors: faults);

        return await subjects.FindAsync(identifier, http.RequestAborted) is { } subject
            ? TypedResults.Json(
                SubjectView.Of(subject.SubjectId, subject.IdentifierTypes), SubjectsJson.Strict.SubjectView)
            : SubjectProblems.Unknown.With();
    }
}
