using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Findings.Endpoints;

/// <summary>The routes that change findings: they read the request and hand it on.</summary>
internal static class FindingHandlers
{
    public static async Task<IResult> AcknowledgeAsync(
        HttpContext http, string id, FindingActs acts, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(http, FindingsJson.Strict.AcknowledgeFinding);
        if (!body.TryGet(out var request, out var problem)) return problem;
        return PublicId.TryParse(id, PublicId.Finding, out var findingId)
            ? await acts.AcknowledgeAsync(http, findingId, request, cancellationToken)
            : ProblemKinds.NotFound.With();
    }

    public static async Task<IResult> SilenceAsync(
        HttpContext http, string id, FindingActs acts, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(http, FindingsJson.Strict.SilenceFinding);
        if (!body.TryGet(out var request, out var problem)) return problem;
        return PublicId.TryParse(id, PublicId.Finding, out var findingId)
            ? await acts.SilenceAsync(http, findingId, request, cancellationToken)
            : ProblemKinds.NotFound.With();
    }
}
