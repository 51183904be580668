using System.Security.Cryptography;
using System.Text.Json;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Recording.Endpoints;

/// <summary>From a request to the writer and back: idempotency, the full queue, the answer.</summary>
internal static class WorkAnswers
{
    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(1);

    public static readonly ProblemKind[] Refusals =
    [
        ProblemKinds.IdempotencyKeyInvalid, ProblemKinds.IdempotencyKeyReused, ProblemKinds.IdempotencyInProgress,
        ProblemKinds.Overloaded, ProblemKinds.StorageUnavailable,
    ];

    /// <summary>The claim of a request that carried a key; null where it carried none.</summary>
    public static IdempotencyClaim? Claim(HttpContext http, string? key, ReadOnlyMemory<byte> body) =>
        key is null
            ? null
            : new IdempotencyClaim(http.Caller().KeyId, $"{http.Request.Method} {http.Request.Path}", key,
                SHA256.HashData(body.Span));

    /// <summary>Submits the work and writes what came of it.</summary>
    public static async Task<IResult> SubmitAsync(this RecordingWriter writer, HttpContext http, RecordingWork work)
    {
        var submitted = await writer.SubmitAsync(work, http.RequestAborted);
        return submitted switch
        {
            { Status: SubmitStatus.Full } => new Problem(ProblemKinds.Overloaded, RetryAfter: RetrySoon),
            { Status: SubmitStatus.InProgress } => new Problem(ProblemKinds.IdempotencyInProgress, RetryAfter: RetrySoon),
            { Result: WorkResult.KeyReused } => ProblemKinds.IdempotencyKeyReused.With(),
            { Result: WorkResult.Replayed replayed } => new StoredAnswerResult(replayed.Answer, IsReplay: true),
            { Result: WorkResult.Done done } => new StoredAnswerResult(done.Answer, IsReplay: false),
            _ => throw new InvalidOperationException("The writer gave no result."),
        };
    }

    /// <summary>The answer of one recorded version: 201 for a new one, 200 for what stood already.</summary>
    public static RecordingAnswer Of(RecordedOutcome outcome)
    {
        var view = RecordView.Of(outcome.Record);
        return new RecordingAnswer(
            outcome.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK,
            JsonSerializer.SerializeToUtf8Bytes(view, RecordingJson.Strict.RecordView),
            ETags.Format(view.Version),
            "/v1/opt-outs/" + view.Id);
    }

    /// <summary>A refusal as an answer, so that it is stored and replayed like any other.</summary>
    public static RecordingAnswer Of(HttpContext http, Problem problem) => new(
        problem.Kind.Status,
        JsonSerializer.SerializeToUtf8Bytes(ProblemDocument.From(problem, http), RecordingJson.Strict.ProblemDocument));

    private sealed record StoredAnswerResult(RecordingAnswer Answer, bool IsReplay) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = Answer.Status;
            response.ContentType = Answer.Status >= 400 ? Problem.MediaType : "application/json";
            response.ContentLength = Answer.Body.Length;
            response.Headers.ETag = Answer.ETag;
            response.Headers.Location = Answer.Status == StatusCodes.Status201Created ? Answer.Location : null;
            if (IsReplay)
                response.Headers["Idempotent-Replayed"] = "true";
            await response.Body.WriteAsync(Answer.Body, httpContext.RequestAborted);
        }
    }
}
