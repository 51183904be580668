using System.Globalization;
using System.Text.Json;

namespace OptOut.Service.Platform.Http;

/// <summary>
/// An expected refusal, as a value. A handler returns it; one writer turns it, like every other error, into an RFC 9457
/// document. Neither the detail nor the errors may repeat what the caller sent.
/// </summary>
/// <param name="Kind">Which refusal.</param>
/// <param name="Detail">Words about this occurrence; the kind's meaning where there are none.</param>
/// <param name="Errors">The faults of a body, for validation.</param>
/// <param name="RetryAfter">When trying again makes sense, rounded up to whole seconds.</param>
/// <param name="Members">Further members of the document, for instance what covers a stop.</param>
internal sealed record Problem(
    ProblemKind Kind,
    string? Detail = null,
    IReadOnlyList<FieldError>? Errors = null,
    TimeSpan? RetryAfter = null,
    IReadOnlyDictionary<string, JsonElement>? Members = null) : IResult, IStatusCodeHttpResult
{
    public const string MediaType = "application/problem+json";

    int? IStatusCodeHttpResult.StatusCode => Kind.Status;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Kind.Status;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } wait)
        {
            var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var document = ProblemDocument.From(this, httpContext);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(document, HttpJson.Strict.ProblemDocument);
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(httpContext.Request.Method))
            await response.Body.WriteAsync(bytes, httpContext.RequestAborted);
    }
}
