using System.Globalization;

namespace OptOut.Service.Platform.Http;

/// <summary>Says a limit and what is left of it, as the IETF draft has it; only where a limit applies.</summary>
internal static class RateLimitHeaders
{
    public static void Set(HttpContext http, string policy, int quota, TimeSpan window, int remaining, TimeSpan reset)
    {
        var headers = http.Response.Headers;
        headers["RateLimit-Policy"] = string.Create(
            CultureInfo.InvariantCulture, $"\"{policy}\";q={quota};w={(long)window.TotalSeconds}");
        headers["RateLimit"] = string.Create(
            CultureInfo.InvariantCulture,
            $"\"{policy}\";r={Math.Max(0, remaining)};t={(long)Math.Ceiling(reset.TotalSeconds)}");
    }
}
