using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace OptOut.Service.Platform.Http;

/// <summary>Bodies of lines, of any length.</summary>
internal static class LineMedia
{
    public const string Ndjson = "application/x-ndjson";
    public const string Csv = "text/csv";

    private static readonly string[] Names = [Ndjson, "application/ndjson", "application/jsonl", "application/jsonlines"];

    public static bool IsNdjson(HttpRequest request) =>
        MediaOf(request) is { } media && Names.Contains(media, StringComparer.OrdinalIgnoreCase);

    public static bool IsCsv(HttpRequest request) => string.Equals(MediaOf(request), Csv, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Lifts what protects ordinary requests against endless or slow bodies. The route must bound both itself: what it keeps
    /// in memory, and how long it waits for either side.
    /// </summary>
    public static void LiftLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } requestRate)
            requestRate.MinDataRate = null;
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } responseRate)
            responseRate.MinDataRate = null;
    }

    /// <summary>The media type without parameters; null where the body is coded or not in UTF-8.</summary>
    private static string? MediaOf(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity") return null;
        return MediaTypeHeaderValue.TryParse(request.ContentType, out var parsed)
            && (parsed.CharSet is null || parsed.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase))
                ? parsed.MediaType
                : null;
    }
}
