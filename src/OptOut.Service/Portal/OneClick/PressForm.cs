using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Portal.OneClick;

/// <summary>
/// The form of RFC 8058: the pair <c>List-Unsubscribe=One-Click</c> in either encoding of HTML forms. It carries no
/// cookie, no key and no antiforgery token, and none is looked at.
/// </summary>
internal static class PressForm
{
    public const string Name = "List-Unsubscribe";
    public const string Value = "One-Click";

    /// <summary>Bytes of a body; the form itself needs under 200 in its longer encoding.</summary>
    public const int MaxBytes = 4 * 1024;

    public static readonly ProblemKind PairMissing = new(400, "one_click_missing", "The form has no one-click pair.",
        "The body must hold List-Unsubscribe=One-Click, as RFC 8058 has it.");

    public static readonly ProblemKind FormNeeded = new(415, "form_needed", "The body is no form.",
        "Send application/x-www-form-urlencoded or multipart/form-data, without content coding.");

    private static readonly FormOptions Bounds = new()
    {
        BufferBody = false,
        BufferBodyLengthLimit = MaxBytes,
        MemoryBufferThreshold = MaxBytes,
        MultipartBodyLengthLimit = MaxBytes,
        MultipartHeadersCountLimit = 8,
        MultipartHeadersLengthLimit = 1024,
        KeyLengthLimit = 256,
        ValueLengthLimit = MaxBytes,
        ValueCountLimit = 16,
    };

    /// <summary>Null where the person's client says stop.</summary>
    public static async Task<Problem?> ReadAsync(HttpContext http)
    {
        var request = http.Request;
        if (!request.HasFormContentType || request.Headers.ContentEncoding.Count > 0)
            return FormNeeded.With();
        if (request.ContentLength > MaxBytes)
            return TooLarge();
        // The server counts the bytes as they come, so that a body without a stated length is bounded too.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MaxBytes;
        try
        {
            var form = await request.ReadFormAsync(Bounds, http.RequestAborted);
            return form[Name].Any(value => value?.Trim() == Value) ? null : PairMissing.With();
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge();
        }
        catch (Exception exception)
            when (exception is InvalidDataException or IOException and not BadHttpRequestException)
        {
            // A broken form; a client that went away is seen by the cancellation instead.
            http.RequestAborted.ThrowIfCancellationRequested();
            return PairMissing.With();
        }
    }

    /// <summary>Whether a person in a browser is asking, and not a mail client.</summary>
    public static bool WantsPage(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)
        && accepted.Any(type =>
            type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && type.Quality != 0);

    private static Problem TooLarge() => ProblemKinds.BodyTooLarge.With($"At most {MaxBytes} bytes are read.");
}
