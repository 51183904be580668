using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Recording;

namespace OptOut.Service.Audit.Reading;

/// <summary><c>GET /v1/opt-outs/{id}/trail</c>: everything about one opt-out, in order of time.</summary>
internal static class GetTrail
{
    public static async Task<IResult> HandleAsync(
        HttpContext http, string id, RecordQueries records, TrailQueries trail, ICursors cursors)
    {
        var filters = "trail:" + id;
        if (!Paging.TryRead(http, cursors, filters, out var page, out var problem))
            return problem;
        if (!PublicId.TryParse(id, PublicId.OptOut, out var optOutId)
            || await records.NewestAsync(optOutId, RecordSight.Of(http.Caller()), http.RequestAborted) is null)
            return ProblemKinds.NotFound.With();

        var found = await trail.ReadAsync(optOutId, TrailPosition.From(page.Position), page.Limit + 1, http.RequestAborted);
        byte[]? next = null;
        if (found.Count > page.Limit)
        {
            found.RemoveAt(page.Limit);
            next = found[^1].Position.ToBytes();
        }

        return Paging.Answer(http, cursors, filters, found.ConvertAll(one => one.Item), next,
            LedgerJson.Strict.ListAnswerTrailItem);
    }
}
