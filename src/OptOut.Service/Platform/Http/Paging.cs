using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.WebUtilities;

namespace OptOut.Service.Platform.Http;

/// <summary>Seals and opens list cursors; a cursor opens only with the filters it was made with.</summary>
internal interface ICursors
{
    string Seal(string filterDigestInput, ReadOnlySpan<byte> position);

    bool TryOpen(string? cursor, string filterDigestInput, out byte[] position);
}

/// <summary>One page of a list.</summary>
/// <param name="Data">The items of this page.</param>
/// <param name="NextCursor">What to send as <c>cursor</c> for the next page; null on the last one.</param>
public sealed record ListAnswer<T>(IReadOnlyList<T> Data, string? NextCursor);

/// <summary>Which page was asked for; <see cref="Position"/> is what an earlier answer sealed, null for the first page.</summary>
internal readonly record struct PageRequest(int Limit, byte[]? Position);

/// <summary>Lists by cursor: no totals, no offsets, the same parameters everywhere.</summary>
internal static class Paging
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;

    /// <param name="http">The request.</param>
    /// <param name="cursors">Opens the cursor.</param>
    /// <param name="filters">Everything that selects the list's content, in a fixed order, the route included.</param>
    /// <param name="page">The page asked for.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryRead(
        HttpContext http, ICursors cursors, string filters, out PageRequest page, [NotNullWhen(false)] out Problem? problem)
    {
        page = default;
        var query = http.Request.Query;
        if (!TryReadLimit(query["limit"], out var limit))
        {
            problem = ProblemKinds.InvalidParameter.With("limit must be one whole number from 1 on.");
            return false;
        }

        byte[]? position = null;
        var cursor = query["cursor"];
        if (cursor.Count > 1 || cursor.Count == 1 && !cursors.TryOpen(cursor[0], filters, out position))
        {
            problem = ProblemKinds.InvalidCursor.With();
            return false;
        }

        page = new PageRequest(limit, position);
        problem = null;
        return true;
    }

    /// <summary>The page as an answer, with a <c>Link</c> to the next one where there is one.</summary>
    /// <param name="http">The request.</param>
    /// <param name="cursors">Seals the next position.</param>
    /// <param name="filters">As given to <see cref="TryRead"/>.</param>
    /// <param name="data">This page's items.</param>
    /// <param name="nextPosition">Where the next page begins; null when this is the last. No identifier may stand in it.</param>
    /// <param name="type">The answer's type.</param>
    public static IResult Answer<T>(
        HttpContext http,
        ICursors cursors,
        string filters,
        IReadOnlyList<T> data,
        byte[]? nextPosition,
        JsonTypeInfo<ListAnswer<T>> type)
    {
        var next = nextPosition is null ? null : cursors.Seal(filters, nextPosition);
        if (next is not null) http.Response.Headers.Link = $"<{NextUrl(http.Request, next)}>; rel=\"next\"";
        return TypedResults.Json(new ListAnswer<T>(data, next), type);
    }

    private static string NextUrl(HttpRequest request, string cursor)
    {
        var query = new QueryBuilder(request.Query.Where(q => q.Key != "cursor")) { { "cursor", cursor } };
        return UriHelper.BuildRelative(request.PathBase, request.Path, query.ToQueryString());
    }

    private static bool TryReadLimit(Microsoft.Extensions.Primitives.StringValues values, out int limit)
    {
        limit = DefaultLimit;
        if (values.Count == 0) return true;
        if (values.Count > 1 || values[0] is not { Length: > 0 and <= 9 } text) return false;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit < 1) return false;
        limit = Math.Min(limit, MaxLimit);
        return true;
    }
}
