using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;

namespace OptOut.Service.Incidents;

/// <summary>Something is badly wrong and people are on it.</summary>
internal static class IncidentsCapability
{
    private const string Filters = "/v1/incidents";

    private const string Summary =
        """
        { "id": "inc_01998a6f0c2e7d5b9a3f4e21c0d7b865", "title": "CRM does not apply stops", "severity": "critical",
          "integrityLock": true, "state": "open", "findingId": null, "openedBy": "key:0123456789abcdef",
          "openedAt": "2026-11-20T15:02:00.000Z", "closedBy": null, "closedAt": null, "summary": null }
        """;

    private static readonly string View = Summary.TrimEnd()[..^1].TrimEnd() +
        """
        , "timeline": [ { "at": "2026-11-20T15:01:00.412Z", "type": "finding_opened", "about": "delivery_overdue system:crm",
            "actor": null, "reference": "fnd_01998a6f0c2e7d5b9a3f4e21c0d7b865" } ] }
        """;

    private static readonly Guid Last = new("ffffffff-ffff-ffff-ffff-ffffffffffff");

    public static IServiceCollection AddIncidents(this IServiceCollection services) => services
        .AddSingleton<IncidentQueries>()
        .AddSingleton<IncidentDesk>()
        .AddHostedService<IncidentOpener>();

    public static void MapIncidents(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/incidents").WithTags("Incidents");
        group.MapPost("", OpenAsync)
            .WithName("OpenIncident").WithSummary("Open an incident: the watch is tighter, and what lowers protection needs two people")
            .RequireRoles("operator").Refuses(ProblemKinds.ValidationFailed)
            .WithBodies(typeof(NewIncident), typeof(IncidentView))
            .WithExample("""{ "title": "CRM does not apply stops", "severity": "critical", "integrityLock": true }""", View,
                StatusCodes.Status201Created);
        group.MapGet("", ListAsync)
            .WithName("ListIncidents").WithSummary("Incidents, newest first")
            .RequireRoles("reader", "operator", "auditor").Refuses(ProblemKinds.InvalidParameter, ProblemKinds.InvalidCursor)
            .WithListParameters().WithExample(response: $$"""{ "data": [ {{Summary}} ], "nextCursor": null }""");
        group.MapGet("/{id}", GetAsync)
            .WithName("GetIncident").WithSummary("One incident with its timeline: findings, probes, and what people did")
            .RequireRoles("reader", "operator", "auditor").Refuses(ProblemKinds.NotFound).WithExample(response: View);
        group.MapPost("/{id}/close", CloseAsync)
            .WithName("CloseIncident").WithSummary("Close an incident with a summary; its lock ends")
            .RequireRoles("operator").Refuses(ProblemKinds.ValidationFailed, ProblemKinds.NotFound, IncidentDesk.Closed)
            .WithBodies(typeof(IncidentClosing), typeof(IncidentView))
            .WithExample("""{ "summary": "The consumer was restarted; nothing was lost." }""", View);
    }

    private static async Task<IResult> OpenAsync(HttpContext http, IncidentDesk desk, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(http, IncidentsJson.Strict.NewIncident);
        return body.TryGet(out var request, out var problem) ? await desk.OpenAsync(http, request, cancellationToken) : problem;
    }

    private static async Task<IResult> CloseAsync(
        HttpContext http, string id, IncidentDesk desk, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(http, IncidentsJson.Strict.IncidentClosing);
        if (!body.TryGet(out var request, out var problem)) return problem;
        return PublicId.TryParse(id, IncidentQueries.Prefix, out var incidentId)
            ? await desk.CloseAsync(http, incidentId, request, cancellationToken)
            : ProblemKinds.NotFound.With();
    }

    private static async Task<IResult> GetAsync(string id, IncidentQueries incidents, CancellationToken cancellationToken) =>
        PublicId.TryParse(id, IncidentQueries.Prefix, out var incidentId)
            && await incidents.FindAsync(incidentId, cancellationToken) is { } view
                ? TypedResults.Json(view, IncidentsJson.Strict.IncidentView)
                : ProblemKinds.NotFound.With();

    private static async Task<IResult> ListAsync(
        HttpContext http, ICursors cursors, IncidentQueries incidents, CancellationToken cancellationToken)
    {
        if (!Paging.TryRead(http, cursors, Filters, out var page, out var problem)) return problem;
        var before = page.Position is { Length: 16 } position ? new Guid(position, bigEndian: true) : Last;
        var found = await incidents.ListAsync(before, page.Limit + 1, cancellationToken);
        byte[]? next = null;
        if (found.Count > page.Limit)
        {
            found.RemoveAt(page.Limit);
            PublicId.TryParse(found[^1].Id, IncidentQueries.Prefix, out var last);
            next = last.ToByteArray(bigEndian: true);
        }

        return Paging.Answer(http, cursors, Filters, found, next, IncidentsJson.Strict.ListAnswerIncidentSummary);
    }
}
