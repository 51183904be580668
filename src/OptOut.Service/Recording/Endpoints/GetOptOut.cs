using System.Buffers.Binary;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Recording.Endpoints;

/// <summary><c>GET /v1/opt-outs/{id}</c> and <c>/versions</c>.</summary>
internal static class GetOptOut
{
    public static async Task<IResult> HandleAsync(HttpContext http, string id, RecordQueries records)
    {
        if (!PublicId.TryParse(id, PublicId.OptOut, out var optOutId)
            || await records.NewestAsync(optOutId, RecordSight.Of(http.Caller()), http.RequestAborted) is not { } record)
            return ProblemKinds.NotFound.With();

        ETags.Set(http, record.Version);
        return TypedResults.Json(RecordView.Of(record), RecordingJson.Strict.RecordView);
    }

    public static async Task<IResult> HandleVersionsAsync(
        HttpContext http, string id, RecordQueries records, ICursors cursors)
    {
        var filters = "versions:" + id;
        if (!Paging.TryRead(http, cursors, filters, out var page, out var problem))
            return problem;
        if (!PublicId.TryParse(id, PublicId.OptOut, out var optOutId))
            return ProblemKinds.NotFound.With();

        var after = page.Position is { Length: sizeof(int) } position ? BinaryPrimitives.ReadInt32BigEndian(position) : 0;
        var found = await records.VersionsAsync(
            optOutId, after, page.Limit + 1, RecordSight.Of(http.Caller()), http.RequestAborted);
        if (found.Count == 0 && after == 0)
            return ProblemKinds.NotFound.With();

        byte[]? next = null;
        if (found.Count > page.Limit)
        {
            found.RemoveAt(page.Limit);
            next = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(next, found[^1].Version);
        }

        return Paging.Answer(http, cursors, filters, found.ConvertAll(RecordView.Of), next,
            RecordingJson.Strict.ListAnswerRecordView);
    }
}
