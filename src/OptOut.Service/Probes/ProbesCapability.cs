using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;

namespace OptOut.Service.Probes;

/// <summary>Synthetic stops through the public API: whether the whole way works, asked before a person does.</summary>
internal static class ProbesCapability
{
    private const string Running =
        """
        { "id": "prb_01998a6f0c2e7d5b9a3f4e21c0d7b865", "state": "running", "startedAt": "2026-11-20T15:00:00.000Z",
          "finishedAt": null, "reason": null, "stages": [], "systems": [ { "system": "crm", "verdict": null, "lagMs": null } ],
          "requestedBy": "key:0123456789abcdef" }
        """;

    private const string Passed =
        """
        { "id": "prb_01998a6f0c2e7d5b9a3f4e21c0d7b865", "state": "passed", "startedAt": "2026-11-20T15:00:00.000Z",
          "finishedAt": "2026-11-20T15:00:00.412Z", "reason": null,
          "stages": [ { "stage": "request", "ms": 9 }, { "stage": "commit", "ms": 9 }, { "stage": "published", "ms": 21 },
            { "stage": "received", "ms": 48 }, { "stage": "applied", "ms": 48 }, { "stage": "enforced", "ms": 30 },
            { "stage": "page", "ms": 88 }, { "stage": "one_click", "ms": 190 } ],
          "systems": [ { "system": "crm", "verdict": "applied", "lagMs": 39 } ], "requestedBy": "key:0123456789abcdef" }
        """;

    public static IServiceCollection AddProbes(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = ProbeSettings.From(configuration);
        services
            .AddSingleton(settings)
            .AddSingleton<ProbeStore>()
            .AddSingleton<OwnService>()
            .AddSingleton<ProbeRun>()
            .AddSingleton<ProbeWorker>()
            .AddHostedService(provider => provider.GetRequiredService<ProbeWorker>());
        foreach (var rule in ProbeRules.All(settings)) services.AddSingleton(rule);
        return services;
    }

    public static void MapProbes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/probes").WithTags("Probes");
        group.MapPost("", ProbeHandlers.PostAsync)
            .WithName("StartProbe").WithSummary("Send a synthetic stop the whole way; follow it by its id")
            .RequireRoles("operator")
            .Refuses(ProblemKinds.ValidationFailed, ProblemKinds.Overloaded, ProblemKinds.StorageUnavailable)
            .WithBodies(typeof(ProbeRequest), typeof(ProbeView))
            .WithExample("""{ "systems": ["crm"] }""", Running, StatusCodes.Status202Accepted);
        group.MapGet("", ProbeHandlers.ListAsync)
            .WithName("ListProbes").WithSummary("Probes, newest first")
            .RequireRoles("reader", "operator", "auditor")
            .Refuses(ProblemKinds.InvalidParameter, ProblemKinds.InvalidCursor)
            .WithListParameters().WithExample(response: $$"""{ "data": [ {{Passed}} ], "nextCursor": null }""");
        group.MapGet("/{id}", ProbeHandlers.GetAsync)
            .WithName("GetProbe").WithSummary("How far a probe has come, stage by stage and system by system")
            .RequireRoles("reader", "operator", "auditor")
            .Refuses(ProblemKinds.NotFound).WithExample(response: Passed);
    }
}
