using System.Diagnostics;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Recording.Endpoints;

/// <summary><c>POST /v1/opt-outs</c>: a person says stop.</summary>
internal static class PostOptOut
{
    public static async Task<IResult> HandleAsync(HttpContext http, RecordRequestReader reader, RecordingWriter writer)
    {
        if (!IdempotencyKeyHeader.TryRead(http, out var key, out var keyProblem))
            return keyProblem!;
        var body = await RequestBody.ReadAsync(http, RecordingJson.Strict.RecordRequest);
        if (!body.TryGet(out var request, out var problem))
            return problem;
        var (command, refused) = await reader.ReadAsync(
            request, http.Caller().Name, ContextOf(http), http.RequestAborted);
        if (command is null)
            return refused!;

        return await writer.SubmitAsync(http, new RecordingWork(
            [command], WorkAnswers.Claim(http, key, body.Raw), outcomes => Answer(http, outcomes[0])));
    }

    public static RecordingAnswer Answer(HttpContext http, RecordingOutcome outcome) => outcome switch
    {
        RecordedOutcome recorded => WorkAnswers.Of(recorded),
        RefusedOutcome refused => WorkAnswers.Of(http, RecordingProblems.Of(refused)),
        _ => throw new InvalidOperationException($"No answer for {outcome.GetType().Name}."),
    };

    public static RecordingContext ContextOf(HttpContext http) => new(http.Caller().Actor, Activity.Current?.Id, http.Caller().IsProbe);
}
