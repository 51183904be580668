using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Findings.Endpoints;

/// <summary><c>GET /v1/findings</c> and <c>/v1/findings/{id}</c>.</summary>
internal static class GetFindings
{
    // Newest first: the first page begins before the last id there can be.
    private static readonly Guid Last = new("ffffffff-ffff-ffff-ffff-ffffffffffff");

    public static async Task<IResult> HandleAsync(HttpContext http, FindingQueries findings, ICursors cursors)
    {
        var query = http.Request.Query;
        var filter = new FindingFilter(One(query["state"]), One(query["kind"]), One(query["system"]), One(query["severity"]));
        if (filter.State is { } state && !FindingQueries.States.Contains(state))
            return ProblemKinds.InvalidParameter.With("state is one of " + string.Join(", ", FindingQueries.States) + ".");
        if (filter.Severity is { } severity && !Severities.All.Contains(severity))
            return ProblemKinds.InvalidParameter.With("severity is one of " + string.Join(", ", Severities.All) + ".");
        var filters = $"findings:{filter}";
        if (!Paging.TryRead(http, cursors, filters, out var page, out var problem))
            return problem;

        var before = page.Position is { Length: 16 } position ? new Guid(position, bigEndian: true) : Last;
        var found = await findings.ListAsync(filter, before, page.Limit + 1, http.RequestAborted);
        byte[]? next = null;
        if (found.Count > page.Limit)
        {
            found.RemoveAt(page.Limit);
            PublicId.TryParse(found[^1].Id, PublicId.Finding, out var last);
            next = last.ToByteArray(bigEndian: true);
        }

        return Paging.Answer(http, cursors, filters, found, next, FindingsJson.Strict.ListAnswerFindingView);
    }

    public static async Task<IResult> HandleOneAsync(HttpContext http, string id, FindingQueries findings) =>
        PublicId.TryParse(id, PublicId.Finding, out var findingId)
            && await findings.FindAsync(findingId, http.RequestAborted) is { } finding
                ? TypedResults.Json(finding, FindingsJson.Strict.FindingView)
                : ProblemKinds.NotFound.With();

    private static string? One(Microsoft.Extensions.Primitives.StringValues values) =>
        values is [{ Length: > 0 } value] ? value : null;
}
