using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using OptOut.Service.Platform.Http;
using OptOut.Service.Recording;
using OptOut.Service.Recording.Endpoints;
using OptOut.Service.Recording.GroupCommit;
using OptOut.Service.Subjects.Endpoints;

namespace OptOut.Service.Subjects.Erasure;

/// <summary><c>POST</c> and <c>GET /v1/subjects/{id}/erasure</c>: the person is forgotten, their stops are not.</summary>
internal static class ErasureEndpoints
{
    public static async Task<IResult> AskAsync(
        HttpContext http, string id, ErasureRows erasures, RecordingWriter writer, ErasureSignal signal)
    {
        if (!IdempotencyKeyHeader.TryRead(http, out var key, out var keyProblem))
            return keyProblem;
        if (!PublicId.TryParse(id, PublicId.Subject, out var subjectId))
            return SubjectProblems.Unknown.With();
        // Asking again is asking for the same.
        if (await erasures.FindAsync(subjectId, http.RequestAborted) is { } standing)
            return Answer(http, ErasureView.Of(standing));

        var result = await writer.SubmitAsync(http, new RecordingWork(
            [new EraseCommand(subjectId, PostOptOut.ContextOf(http))],
            WorkAnswers.Claim(http, key, default),
            outcomes => Compose(http, outcomes[0])));
        signal.Wake();
        return result;
    }

    public static async Task<IResult> FindAsync(HttpContext http, string id, ErasureRows erasures) =>
        PublicId.TryParse(id, PublicId.Subject, out var subjectId)
        && await erasures.FindAsync(subjectId, http.RequestAborted) is { } row
            ? TypedResults.Json(ErasureView.Of(row), SubjectsJson.Strict.ErasureView)
            : ProblemKinds.NotFound.With();

    private static RecordingAnswer Compose(HttpContext http, RecordingOutcome outcome) => outcome switch
    {
        ErasureOutcome asked => new RecordingAnswer(
            StatusCodes.Status202Accepted,
            JsonSerializer.SerializeToUtf8Bytes(ErasureView.Of(asked.Row), SubjectsJson.Strict.ErasureView)),
        _ => WorkAnswers.Of(http, SubjectProblems.Unknown.With()),
    };

    private static JsonHttpResult<ErasureView> Answer(HttpContext http, ErasureView view)
    {
        http.Response.Headers.Location = $"/v1/subjects/{view.SubjectId}/erasure";
        return TypedResults.Json(view, SubjectsJson.Strict.ErasureView, statusCode: StatusCodes.Status202Accepted);
    }
}
