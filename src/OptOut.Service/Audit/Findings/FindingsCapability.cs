using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit.Findings.Endpoints;
using OptOut.Service.Audit.Findings.Rules;
using OptOut.Service.Audit.Findings.Running;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Audit.Findings;

/// <summary>The clock that watches: its rules, and what they found.</summary>
internal static class FindingsCapability
{
    private const string Tag = "Findings";

    private const string View =
        """
        { "id": "fnd_01998a6f0c2e7d5b9a3f4e21c0d7b865", "kind": "delivery_overdue", "about": "system:crm", "system": "crm",
          "severity": "warning", "state": "acknowledged", "owner": "sales-ops", "openedAt": "2026-11-20T15:01:00.412Z",
          "seenAt": "2026-11-20T15:02:11.020Z", "closedAt": null, "ageSeconds": 71, "count": 1,
          "evidence": { "overdue": 12, "open": 40, "oldestDueAt": "2026-11-20T15:01:00.120Z", "oldestOverdueSeconds": 71,
            "objectiveSeconds": 60, "systemState": "active" },
          "acknowledgement": { "by": "key:0123456789abcdef", "at": "2026-11-20T15:02:00.000Z", "reason": "Restarting it" },
          "silence": null, "escalation": 0 }
        """;

    public static IServiceCollection AddFindings(
        this IServiceCollection services, IConfiguration configuration, bool hasBroker)
    {
        services
            .AddSingleton(FindingSettings.From(configuration))
            .AddSingleton<FindingLeaf>()
            .AddSingleton<FindingQueries>()
            .AddSingleton<FindingActs>()
            .AddSingleton<IApprovedAct, ApprovedSilence>()
            .AddSingleton<WatchDatabase>()
            .AddSingleton<WatchHealth>()
            .AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<WatchHealth>())
            .AddSingleton<FindingWriter>()
            .AddSingleton<RuleTurn>()
            .AddSingleton<IFindingRule, ClockRule>()
            .AddSingleton<IFindingRule, AcknowledgementRule>()
            .AddSingleton<IFindingRule, BacklogRule>()
            .AddSingleton<IFindingRule, LeafRule>()
            .AddSingleton<IFindingRule, SurgeRule>()
            .AddHostedService<RuleRunner>();
        foreach (var rule in DeliveryRules.All().Concat(SystemRules.All()).Concat(EnforcementRules.All()).Concat(ServiceRules.All()))
            services.AddSingleton(rule);
        return hasBroker ? services.AddSingleton<IFindingRule, BrokerRule>() : services;
    }

    public static void MapFindings(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/findings").WithTags(Tag);
        group.MapGet("", GetFindings.HandleAsync)
            .WithName("ListFindings").WithSummary("What the continuous audit found, newest first, by state, kind, system and severity")
            .RequireRoles("reader", "operator", "auditor")
            .Refuses(ProblemKinds.InvalidParameter, ProblemKinds.InvalidCursor)
            .WithListParameters()
            .WithQuery("state", "One of " + string.Join(", ", FindingQueries.States) + ".")
            .WithQuery("kind", "The kind of finding.")
            .WithQuery("system", "The name of one system.")
            .WithQuery("severity", "One of " + string.Join(", ", Severities.All) + ".")
            .WithExample(response: $$"""{ "data": [ {{View}} ], "nextCursor": null }""");
        group.MapGet("/{id}", GetFindings.HandleOneAsync)
            .WithName("GetFinding").WithSummary("One finding with its evidence")
            .RequireRoles("reader", "operator", "auditor")
            .Refuses(ProblemKinds.NotFound).WithExample(response: View);
        group.MapPost("/{id}/acknowledge", FindingHandlers.AcknowledgeAsync)
            .WithName("AcknowledgeFinding").WithSummary("Take a finding: it is raised no more, and stays until it is cured")
            .RequireRoles("operator")
            .Refuses(ProblemKinds.ValidationFailed, ProblemKinds.NotFound, FindingActs.Closed)
            .WithBodies(typeof(AcknowledgeFinding), typeof(FindingView))
            .WithExample("""{ "reason": "Restarting it" }""", View);
        group.MapPost("/{id}/silence", FindingHandlers.SilenceAsync)
            .WithName("SilenceFinding").WithSummary("No reminders for a while; longer than a day needs a second person")
            .RequireRoles("operator")
            .Refuses(ProblemKinds.ValidationFailed, ProblemKinds.NotFound, FindingActs.Closed)
            .WithBodies(typeof(SilenceFinding), typeof(FindingView))
            .WithExample("""{ "seconds": 3600, "reason": "The vendor repairs it until noon" }""", View);
    }
}
