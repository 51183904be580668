using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace OptOut.Service.Platform.Http;

/// <summary>The Idempotency-Key: a structured-field string (RFC 9651), or the same characters bare.</summary>
internal static class IdempotencyKeyHeader
{
    public const string Name = "Idempotency-Key";
    public const int MaxLength = 255;

    /// <summary>True with a null key where none was sent.</summary>
    public static bool TryRead(HttpContext http, out string? key, [NotNullWhen(false)] out Problem? problem)
    {
        key = null;
        problem = null;
        var values = http.Request.Headers[Name];
        if (values.Count == 0) return true;
        if (values.Count == 1 && TryParse(values[0], out key)) return true;
        problem = ProblemKinds.IdempotencyKeyInvalid.With();
        return false;
    }

    internal static bool TryParse(string? text, [NotNullWhen(true)] out string? key)
    {
        key = text is ['"', ..] ? Unquote(text) : text;
        if (key is { Length: >= 1 and <= MaxLength } && !key.AsSpan().ContainsAnyExceptInRange('!', '~')) return true;
        key = null;
        return false;
    }

    private static string? Unquote(string text)
    {
        var key = new StringBuilder(text.Length);
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '"') return i == text.Length - 1 ? key.ToString() : null;
            if (text[i] == '\\' && (++i == text.Length || text[i] is not ('"' or '\\'))) return null;
            key.Append(text[i]);
        }

        return null;
    }
}
