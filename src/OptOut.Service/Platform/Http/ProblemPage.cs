using System.Net;
using System.Text;

namespace OptOut.Service.Platform.Http;

/// <summary>The page that the <c>type</c> of every problem points to: each code, its status and what it means.</summary>
internal static class ProblemPage
{
    public const string Path = "/docs/problems";

    /// <summary>The URL of one sort of problem, under the configured public address or relative to this one.</summary>
    public static string TypeOf(HttpContext http, ProblemKind kind) =>
        $"{http.RequestServices?.GetService<HttpOptions>()?.PublicBaseUrl}{Path}#{kind.Code}";

    /// <summary>Serves the page; it lists what the routes declare and what any route may answer.</summary>
    public static IEndpointConventionBuilder MapProblemPage(this IEndpointRouteBuilder routes)
    {
        string? page = null;
        return routes.MapGet(Path, (HttpContext http, EndpointDataSource endpoints) =>
        {
            http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
            return Results.Text(page ??= Render(Kinds(endpoints.Endpoints)), "text/html", Encoding.UTF8);
        }).ExcludeFromDescription();
    }

    internal static IReadOnlyList<ProblemKind> Kinds(IEnumerable<Endpoint> endpoints) =>
    [
        .. ProblemKinds.All
            .Concat(endpoints.SelectMany(e => e.Metadata.GetOrderedMetadata<Refusals>()).SelectMany(r => r.Kinds))
            .DistinctBy(k => k.Code)
            .OrderBy(k => k.Code, StringComparer.Ordinal),
    ];

    private static string Render(IReadOnlyList<ProblemKind> kinds)
    {
        var html = new StringBuilder(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Problems</title><h1>Problems</h1>");
        foreach (var kind in kinds)
        {
            html.Append(null, $"<h2 id=\"{kind.Code}\"><code>{kind.Code}</code> ({kind.Status})</h2>");
            html.Append(null, $"<p>{WebUtility.HtmlEncode(kind.Title)} {WebUtility.HtmlEncode(kind.Meaning)}</p>");
        }

        return html.Append("</html>").ToString();
    }
}
