using System.Text.Json;
using OptOut.Service.Platform.Http;
using OptOut.Service.Recording;
using OptOut.Service.Recording.Endpoints;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Subjects.Endpoints;

/// <summary>
/// <c>POST /v1/subjects/{id}/identifiers</c>: can only strengthen, for the stops of both people stand.
/// </summary>
internal static class PostIdentifier
{
    public static async Task<IResult> HandleAsync(
        HttpContext http, string id, RecordRequestReader reader, RecordingWriter writer)
    {
        if (!IdempotencyKeyHeader.TryRead(http, out var key, out var keyProblem))
            return keyProblem!;
        var body = await RequestBody.ReadAsync(http, SubjectsJson.Strict.IdentifierRequest);
        if (!body.TryGet(out var request, out var problem))
            return problem;
        var faults = new List<FieldError>();
        if (reader.ReadIdentifier(request, "", faults) is not { } identifier)
            return new Problem(ProblemKinds.ValidationFailed, Errors: faults);
        if (!PublicId.TryParse(id, PublicId.Subject, out var subjectId))
            return SubjectProblems.Unknown.With();

        return await writer.SubmitAsync(http, new RecordingWork(
            [new LinkCommand(subjectId, identifier, PostOptOut.ContextOf(http))],
            WorkAnswers.Claim(http, key, body.Raw),
            outcomes => Answer(http, outcomes[0])));
    }

    private static RecordingAnswer Answer(HttpContext http, RecordingOutcome outcome) => outcome switch
    {
        SubjectOutcome subject => new RecordingAnswer(
            StatusCodes.Status200OK,
            JsonSerializer.SerializeToUtf8Bytes(
                SubjectView.Of(subject.SubjectId, subject.IdentifierTypes), SubjectsJson.Strict.SubjectView)),
        RefusedOutcome { Refusal: RecordingRefusal.SubjectUnknown } =>
            WorkAnswers.Of(http, SubjectProblems.Unknown.With()),
        RefusedOutcome refused => WorkAnswers.Of(http, RecordingProblems.Of(refused)),
        _ => throw new InvalidOperationException($"No answer for {outcome.GetType().Name}."),
    };
}
