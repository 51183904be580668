using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Recording;
using OptOut.Service.Recording.Endpoints;

namespace OptOut.Service.Subjects.Endpoints;

/// <summary>
/// <c>GET /v1/subjects/{id}/opt-outs</c>: a list by opt-out, of the person and of everyone merged with them.
/// </summary>
internal static class GetSubjectOptOuts
{
    private const int GuidBytes = 16;

    public static async Task<IResult> HandleAsync(
        HttpContext http, string id, RecordQueries records, SubjectQueries subjects, ICursors cursors)
    {
        var filters = "subject-opt-outs:" + id;
        if (!Paging.TryRead(http, cursors, filters, out var page, out var problem))
            return problem;
        if (!PublicId.TryParse(id, PublicId.Subject, out var subjectId))
            return SubjectProblems.Unknown.With();

        var after = page.Position is { Length: GuidBytes } position ? new Guid(position, bigEndian: true) : Guid.Empty;
        var found = await records.OfSubjectAsync(
            subjectId, after, page.Limit + 1, RecordSight.Of(http.Caller()), http.RequestAborted);
        // Nothing to list is an answer only where somebody has this id.
        if (found.Count == 0 && after == Guid.Empty && !await subjects.ExistsAsync(subjectId, http.RequestAborted))
            return SubjectProblems.Unknown.With();

        byte[]? next = null;
        if (found.Count > page.Limit)
        {
            found.RemoveAt(page.Limit);
            next = found[^1].OptOutId.ToByteArray(bigEndian: true);
        }

        return Paging.Answer(http, cursors, filters, found.ConvertAll(RecordView.Of), next,
            RecordingJson.Strict.ListAnswerRecordView);
    }
}
