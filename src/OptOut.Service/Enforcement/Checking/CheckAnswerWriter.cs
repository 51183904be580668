using System.Buffers;
using System.Globalization;
using System.Text.Json;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Enforcement.Checking;

/// <summary>Writes a <see cref="CheckAnswer"/> as bytes of a known length: a thousand answers make no object of their own.</summary>
internal static class CheckAnswerWriter
{
    private const int BytesOfOne = 160;

    public static async Task WriteAsync(HttpContext http, Answers answers)
    {
        var buffer = new ArrayBufferWriter<byte>(BytesOfOne * (answers.Verdicts.Count + 1));
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("items"u8);
            foreach (var verdict in answers.Verdicts)
                Write(json, verdict);
            json.WriteEndArray();
            json.WriteString("asOf"u8, Rfc3339(answers.AsOf));
            json.WriteString("sequence"u8, answers.Sequence);
            json.WriteEndObject();
        }

        http.Response.ContentType = "application/json";
        http.Response.ContentLength = buffer.WrittenCount;
        await http.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, http.RequestAborted);
    }

    private static void Write(Utf8JsonWriter json, in Verdict verdict)
    {
        json.WriteStartObject();
        json.WriteString("decision"u8, verdict.Answer switch { Answer.Stop => "stop"u8, Answer.Go => "go"u8, _ => "unknown"u8 });
        if (verdict.Covering is { } covering)
        {
            json.WriteString("optOutId"u8, PublicId.Format(PublicId.OptOut, covering.OptOutId));
            json.WriteNumber("version"u8, covering.Version);
            json.WriteStartObject("coveredBy"u8);
            json.WriteString("purpose"u8, covering.Scope.Purpose);
            json.WriteString("channel"u8, covering.Scope.Channel);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("optOutId"u8);
            json.WriteNull("version"u8);
            json.WriteNull("coveredBy"u8);
        }

        if (verdict.IsOverride)
            json.WriteBoolean("override"u8, true);
        if (verdict.Fault is { } fault)
            json.WriteString("code"u8, fault);
        json.WriteEndObject();
    }

    private static string Rfc3339(DateTimeOffset value) =>
        value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
