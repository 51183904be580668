using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace OptOut.Service.Platform.Http;

/// <summary>A resource's version as a strong entity tag (RFC 9110), and the precondition that names it.</summary>
internal static class ETags
{
    private const int MaxTags = 20;

    public static string Format(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    public static void Set(HttpContext http, long version) => http.Response.Headers.ETag = Format(version);

    /// <summary>
    /// Null where If-Match names the current version (or is <c>*</c>); 428 where it is missing; 412 where it names others;
    /// 400 where it cannot be read. Only for acts that weaken: a stop never has a precondition.
    /// </summary>
    public static Problem? Check(HttpContext http, long current)
    {
        var header = http.Request.Headers.IfMatch;
        if (header.Count == 0) return ProblemKinds.PreconditionRequired.With();
        if (!EntityTagHeaderValue.TryParseStrictList(header, out var tags) || tags.Count > MaxTags)
            return ProblemKinds.MalformedRequest.With("If-Match must be * or a list of quoted tags.");
        var expected = Format(current);
        foreach (var tag in tags)
            if (tag == EntityTagHeaderValue.Any || !tag.IsWeak && tag.Tag == expected) return null;
        return ProblemKinds.PreconditionFailed.With();
    }

    /// <summary>
    /// The one version that If-Match names, for acts that are decided later; null for <c>*</c>, which takes any. A problem
    /// where it is missing (428), is no single strong version (412), or cannot be read (400).
    /// </summary>
    public static Problem? Expected(HttpContext http, out int? version)
    {
        version = null;
        var header = http.Request.Headers.IfMatch;
        if (header.Count == 0) return ProblemKinds.PreconditionRequired.With();
        if (!EntityTagHeaderValue.TryParseStrictList(header, out var tags) || tags.Count > MaxTags)
            return ProblemKinds.MalformedRequest.With("If-Match must be * or one quoted tag.");
        if (tags is [var only] && only == EntityTagHeaderValue.Any) return null;
        if (tags is not [{ IsWeak: false } tag]
            || !int.TryParse(tag.Tag.AsSpan().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var named))
            return ProblemKinds.PreconditionFailed.With();
        version = named;
        return null;
    }
}
