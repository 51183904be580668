using System.Text.Json;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Recording.Endpoints;

/// <summary><c>POST /v1/opt-outs/batch</c>: up to 1,000 stops, each with its own answer, in order.</summary>
internal static class PostBatch
{
    public const int MaxItems = 1_000;

    public static async Task<IResult> HandleAsync(HttpContext http, RecordRequestReader reader, RecordingWriter writer)
    {
        if (!IdempotencyKeyHeader.TryRead(http, out var key, out var keyProblem))
            return keyProblem!;
        var batch = await RequestBody.ReadItemsAsync(http, RecordingJson.Strict.RecordRequest, MaxItems);
        if (batch.Problem is not null)
            return batch.Problem;

        var context = PostOptOut.ContextOf(http);
        var refused = new RecordingAnswer?[batch.Items.Count];
        var commands = new List<RecordingCommand>(batch.Items.Count);
        for (var i = 0; i < batch.Items.Count; i++)
        {
            if (!batch.Items[i].TryGet(out var request, out var problem))
            {
                refused[i] = WorkAnswers.Of(http, problem);
                continue;
            }

            var (command, fault) = await reader.ReadAsync(request, http.Caller().Name, context, http.RequestAborted);
            if (command is null)
                refused[i] = WorkAnswers.Of(http, fault!);
            else
                commands.Add(command);
        }

        return await writer.SubmitAsync(http, new RecordingWork(
            commands, WorkAnswers.Claim(http, key, batch.Raw), outcomes => Compose(http, refused, outcomes)));
    }

    private static RecordingAnswer Compose(
        HttpContext http, RecordingAnswer?[] refused, IReadOnlyList<RecordingOutcome> outcomes)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            var next = 0;
            json.WriteStartObject();
            json.WriteStartArray("items"u8);
            foreach (var refusal in refused)
            {
                var answer = refusal ?? PostOptOut.Answer(http, outcomes[next++]);
                json.WriteStartObject();
                json.WriteNumber("status"u8, answer.Status);
                json.WritePropertyName(answer.Status >= 400 ? "problem"u8 : "record"u8);
                json.WriteRawValue(answer.Body, skipInputValidation: true);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return new RecordingAnswer(StatusCodes.Status207MultiStatus, buffer.ToArray());
    }
}
