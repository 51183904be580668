using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;

namespace OptOut.Service.Platform.Http;

/// <summary>
/// Reads a JSON body with every rule of ours, in one order: media type, size, encoding, form, content. The raw bytes are
/// kept beside the value, since signatures and idempotency are about the bytes.
/// </summary>
internal static class RequestBody
{
    /// <summary>The most one record may take, in bytes.</summary>
    public const int RecordLimit = 64 * 1024;

    /// <summary>The most a batch may take, in bytes.</summary>
    public const int BatchLimit = 4 * 1024 * 1024;

    /// <summary>One value from the whole body.</summary>
    public static async ValueTask<Body<T>> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type, int maxBytes = RecordLimit)
        where T : class
    {
        var body = await ReadRawAsync(http, maxBytes);
        return body.Problem is { } problem ? Body<T>.Refused(problem, body.Raw) : JsonBody.Parse(body.Raw, type);
    }

    /// <summary>
    /// The items of <c>{ "items": [ … ] }</c>. What is wrong with the envelope refuses the request; what is wrong with one
    /// item is that item's own problem.
    /// </summary>
    public static async ValueTask<Batch<T>> ReadItemsAsync<T>(
        HttpContext http, JsonTypeInfo<T> item, int maxItems, int maxBytes = BatchLimit)
        where T : class
    {
        var body = await ReadRawAsync(http, maxBytes);
        return body.Problem is { } problem
            ? new Batch<T>([], body.Raw, problem)
            : BatchEnvelope.Parse(body.Raw, item, maxItems, RecordLimit);
    }

    /// <summary>The bytes alone, after the checks of media type and size.</summary>
    public static async ValueTask<RawBody> ReadRawAsync(HttpContext http, int maxBytes = RecordLimit)
    {
        if (!IsJson(http.Request)) return new RawBody(default, ProblemKinds.UnsupportedMediaType.With());
        if (http.Request.ContentLength > maxBytes) return new RawBody(default, TooLarge(maxBytes));

        // The pipe holds at most what the server's own buffer limit allows before the size check below sees it.
        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            var buffer = read.Buffer;
            if (buffer.Length > maxBytes)
            {
                reader.AdvanceTo(buffer.End);
                return new RawBody(default, TooLarge(maxBytes));
            }

            if (read.IsCompleted)
            {
                var raw = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                return new RawBody(raw, null);
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>True where no body was sent at all, for routes whose body is optional.</summary>
    public static bool IsEmpty(HttpContext http) =>
        http.Request.ContentLength == 0
        || http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };

    private static Problem TooLarge(int maxBytes) => ProblemKinds.BodyTooLarge.With($"At most {maxBytes} bytes are read.");

    private static bool IsJson(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity") return false;
        var type = request.ContentType;
        if (type is null) return false;
        if (type.Equals("application/json", StringComparison.OrdinalIgnoreCase)) return true;
        return MediaTypeHeaderValue.TryParse(type, out var parsed)
            && parsed.MediaType is { } media
            && (media.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                || (media.StartsWith("application/", StringComparison.OrdinalIgnoreCase)
                    && media.EndsWith("+json", StringComparison.OrdinalIgnoreCase)))
            && (parsed.CharSet is null || parsed.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary>A body's bytes, or why there are none.</summary>
internal readonly record struct RawBody(ReadOnlyMemory<byte> Raw, Problem? Problem);
