using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;
using OptOut.Service.Systems.Backfill;
using OptOut.Service.Systems.Operation;
using OptOut.Service.Systems.Reading;
using OptOut.Service.Systems.Registration;

namespace OptOut.Service.Systems;

/// <summary>The registry of downstream systems and its routes.</summary>
internal static class SystemsCapability
{
    public static IServiceCollection AddSystems(this IServiceCollection services) => services
        .AddSingleton<SystemDirectory>()
        .AddSingleton<SystemLeaf>()
        .AddSingleton<SystemActs>()
        .AddSingleton<SystemReader>()
        .AddSingleton<ConnectorRules>()
        .AddSingleton<ChannelRules>()
        .AddSingleton<RequestRules>()
        .AddSingleton<AfterCommit>()
        .AddSingleton<SystemRegistrar>()
        .AddSingleton<SystemOperator>()
        .AddSingleton<SystemTester>()
        .AddSingleton<IApprovedAct, ApprovedChange>()
        .AddSingleton<IApprovedAct, ApprovedRetirement>()
        .AddSingleton<IApprovedAct, ApprovedPause>()
        .AddSingleton<BackfillSignal>()
        .AddSingleton<WidenedRetelling>()
        .AddSingleton<BackfillRun>()
        .AddHostedService<BackfillWorker>()
        .AddHostedService<RetiredSweep>();

    public static void MapSystems(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/systems").WithTags("Systems");
        MapReads(group);
        MapRegistration(group);
        MapOperation(group);
    }

    private static void MapReads(RouteGroupBuilder group)
    {
        group.MapGet("/", SystemHandlers.ListAsync)
            .WithName("ListSystems").WithSummary("All systems by name, retired ones included.")
            .RequireRoles("reader", "operator", "auditor")
            .Refuses(ProblemKinds.InvalidCursor, ProblemKinds.InvalidParameter)
            .WithListParameters().WithExample(response: SystemExamples.List);
        group.MapGet("/{name}", SystemHandlers.GetAsync)
            .WithName("GetSystem").WithSummary("One system and how it is doing; a system's own key reads itself only.")
            .RequireRoles("reader", "operator", "auditor", "system")
            .Refuses(ProblemKinds.NotFound)
            .WithExample(response: SystemExamples.View);
    }

    private static void MapRegistration(RouteGroupBuilder group)
    {
        group.MapPut("/{name}", SystemHandlers.PutAsync)
            .WithName("PutSystem").WithSummary("Register a system, or change it; what lowers protection needs two people.")
            .RequireRoles("operator")
            .Refuses(ProblemKinds.ValidationFailed, ProblemKinds.PreconditionRequired, ProblemKinds.PreconditionFailed,
                SystemProblems.BrokerNotConfigured, SystemProblems.Retired)
            .WithAnswer(StatusCodes.Status200OK, "Changed, or as it was.", SystemExamples.View)
            .WithAnswer(StatusCodes.Status202Accepted, "It lowers protection: a second person approves.",
                SystemExamples.Retirement)
            .WithExample(SystemExamples.Put, SystemExamples.Registered, StatusCodes.Status201Created);
        group.MapDelete("/{name}", SystemHandlers.RetireAsync)
            .WithName("RetireSystem").WithSummary("Ask to retire a system for good; a second person approves.")
            .RequireRoles("operator")
            .Refuses(ProblemKinds.NotFound, ProblemKinds.PreconditionRequired, ProblemKinds.PreconditionFailed,
                SystemProblems.Retired)
            .WithExample(response: SystemExamples.Retirement, status: StatusCodes.Status202Accepted);
    }

    private static void MapOperation(RouteGroupBuilder group)
    {
        group.MapPost("/{name}/pause", SystemHandlers.PauseAsync)
            .WithName("PauseSystem").WithSummary("Send nothing for now; deliveries go on being written.")
            .RequireRoles("operator")
            .Refuses(ProblemKinds.ValidationFailed, ProblemKinds.NotFound, ProblemKinds.PreconditionRequired,
                ProblemKinds.PreconditionFailed, SystemProblems.Retired)
            .WithExample(SystemExamples.Reason, SystemExamples.View);
        group.MapPost("/{name}/resume", SystemHandlers.ResumeAsync)
            .WithName("ResumeSystem").WithSummary("Send again, what waited first.")
            .RequireRoles("operator")
            .Refuses(ProblemKinds.ValidationFailed, ProblemKinds.NotFound, SystemProblems.Retired)
            .WithExample(SystemExamples.Reason, SystemExamples.View);
        group.MapPost("/{name}/test", SystemHandlers.TestAsync)
            .WithName("TestSystem").WithSummary("Send a synthetic stop to this system alone; its delivery says what came of it.")
            .RequireRoles("operator")
            .Refuses(ProblemKinds.NotFound, ProblemKinds.Conflict, ProblemKinds.Overloaded, SystemProblems.Retired,
                SystemProblems.NotTestable)
            .WithExample(response: SystemExamples.Tested, status: StatusCodes.Status202Accepted);
        group.MapPost("/{name}/replay", SystemHandlers.ReplayAsync)
            .WithName("ReplaySystem").WithSummary("Send everything that is still open since a time again, paced.")
            .RequireRoles("operator")
            .Refuses(ProblemKinds.ValidationFailed, ProblemKinds.NotFound, SystemProblems.Retired)
            .WithExample(SystemExamples.Replay, SystemExamples.Replayed, StatusCodes.Status202Accepted);
        group.MapPost("/{name}/rotate-secret", SystemHandlers.RotateAsync)
            .WithName("RotateSystemSecret").WithSummary("A new signing secret; the old one is valid for the overlap.")
            .RequireRoles("operator")
            .Refuses(ProblemKinds.ValidationFailed, ProblemKinds.NotFound, SystemProblems.Retired)
            .WithExample(SystemExamples.Rotate, SystemExamples.Rotated);
    }
}
