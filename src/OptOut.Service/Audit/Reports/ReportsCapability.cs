using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;

namespace OptOut.Service.Audit.Reports;

/// <summary>What an auditor takes away: a sealed report of any period, and the numbers published about the service.</summary>
internal static class ReportsCapability
{
    private const string Report =
        """
        { "report": { "id": "rpt_01998a6f0c2e7d5b9a3f4e21c0d7b865", "origin": "optout.example.com", "from": "2026-10-01T00:00:00.000Z",
            "to": "2026-11-01T00:00:00.000Z", "generatedAt": "2026-11-20T15:00:00.000Z", "generatedBy": "key:0123456789abcdef",
            "sections": [ { "name": "opt_outs", "title": "Opt-outs by purpose, origin and regime", "recorded": true, "note": null,
              "columns": ["purpose", "originMethod", "regime", "optOuts", "reissued", "reversals"],
              "rows": [ ["marketing", "api", "gdpr", 1204, 3, 17] ] } ] },
          "seal": { "sha256": "q1mQm0Wq8m3p1bq9Qm8n0f0m1J2o3K4l5M6n7O8p9Q0=", "entryId": "01998a6f0c2e7d5b9a3f4e21c0d7b865" } }
        """;

    private const string Numbers =
        """
        { "asOf": "2026-11-20T15:00:00.000Z", "days": 30, "systems": [ { "system": "crm", "p50Ms": 4, "p95Ms": 18, "maxMs": 2104,
            "sentAfterStop": 0, "lastGoodProbeSeconds": 412 } ], "ledgerVerifiedUpTo": 104857, "checkpointSignedAt": "2026-11-20T14:59:59.412Z" }
        """;

    public static IServiceCollection AddReports(this IServiceCollection services) => services
        .AddSingleton<ReportBuilder>()
        .AddSingleton<ReportDesk>()
        .AddSingleton<PublishedNumbersReader>();

    public static void MapReports(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/reports").WithTags("Reports");
        group.MapGet("/compliance", ReportEndpoints.ComplianceAsync)
            .WithName("GetComplianceReport").WithSummary("A period in figures, sealed in the ledger: JSON, CSV or a page, by format or Accept")
            .RequireRoles("auditor", "operator")
            .Refuses(ProblemKinds.InvalidParameter, ProblemKinds.NotAcceptable).WithExample(response: Report);
        group.MapGet("/{id}", ReportEndpoints.OneAsync)
            .WithName("GetReport").WithSummary("A report as it was given out, byte for byte")
            .RequireRoles("auditor", "operator")
            .Refuses(ProblemKinds.NotFound, ProblemKinds.NotAcceptable).WithExample(response: Report);
        group.MapGet("/numbers", ReportEndpoints.NumbersAsync)
            .WithName("GetNumbers").WithSummary("Lag, leaks, probes and ledger: what the service publishes about itself, as JSON or a page")
            .RequireRoles("reader", "auditor", "operator")
            .Refuses(ProblemKinds.NotAcceptable).WithExample(response: Numbers);
    }
}
