using System.Text;
using Microsoft.AspNetCore.Routing.Patterns;

namespace OptOut.Service.Platform.Http;

/// <summary>
/// A request's path in a form that may be shown and logged: the route's literals and our own ids stay, everything that
/// could be a token or an identifier is replaced.
/// </summary>
internal static class SafePath
{
    private const int MaxSegments = 12;
    private const int MaxPlainSegment = 63;
    private const int MaxPlainDigits = 3;

    /// <summary>The route's template, for logs and metrics; a bounded set of values.</summary>
    public static string TemplateOf(HttpContext http) =>
        (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { } text
            ? text.StartsWith('/') ? text : "/" + text
            : "unmatched";

    /// <summary>The path with every unsafe value replaced: <c>/o/:token</c>, <c>/v1/opt-outs/oo_…</c>.</summary>
    public static string Of(HttpContext http) => http.GetEndpoint() is RouteEndpoint { RoutePattern: var pattern }
        ? FromPattern(pattern, http.Request.RouteValues)
        : FromText(http.Request.Path.Value ?? "/");

    private static string FromPattern(RoutePattern pattern, RouteValueDictionary values)
    {
        var path = new StringBuilder();
        foreach (var segment in pattern.PathSegments)
        {
            path.Append('/');
            foreach (var part in segment.Parts)
            {
                _ = part switch
                {
                    RoutePatternLiteralPart literal => path.Append(literal.Content),
                    RoutePatternSeparatorPart separator => path.Append(separator.Content),
                    RoutePatternParameterPart parameter => AppendParameter(path, parameter.Name, values),
                    _ => path,
                };
            }
        }

        return path.Length == 0 ? "/" : path.ToString();
    }

    private static StringBuilder AppendParameter(StringBuilder path, string name, RouteValueDictionary values) =>
        name != "token" && values.TryGetValue(name, out var value) && value is string text && IsPlain(text)
            ? path.Append(text)
            : path.Append(':').Append(name);

    private static string FromText(string text)
    {
        var path = new StringBuilder();
        foreach (var segment in text.Split('/', MaxSegments + 1, StringSplitOptions.RemoveEmptyEntries).Take(MaxSegments))
            path.Append('/').Append(IsPlain(segment) ? segment : ":other");
        return path.Length == 0 ? "/" : path.ToString();
    }

    private static bool IsPlain(ReadOnlySpan<char> text)
    {
        if (PublicId.IsWellFormed(text)) return true;
        if (text.Length is 0 or > MaxPlainSegment) return false;
        var digits = 0;
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c)) digits++;
            else if (!char.IsAsciiLetterLower(c) && c is not ('-' or '_' or '.')) return false;
        }

        return digits <= MaxPlainDigits;
    }
}
