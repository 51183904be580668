using OptOut.Service.Access;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Enforcement.Checking;
using OptOut.Service.Enforcement.Decisions;
using OptOut.Service.Enforcement.Feed;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;

namespace OptOut.Service.Enforcement;

/// <summary>Enforcement: whoever would use a person's data asks first, and what was blocked is on record.</summary>
internal static class EnforcementCapability
{
    private const string Tag = "Enforcement";

    public static IServiceCollection AddEnforcement(this IServiceCollection services, IConfiguration configuration) => services
        .AddSingleton(EnforcementOptions.From(configuration))
        .AddSingleton<DataStanding>()
        .AddSingleton<SuppressionQueries>()
        .AddSingleton<QuestionReader>()
        .AddSingleton<QuestionLimiter>()
        .AddSingleton<QuestionDesk>()
        .AddHostedService(provider => provider.GetRequiredService<QuestionDesk>())
        .AddSingleton<FeedQueries>()
        .AddSingleton<FeedHub>()
        .AddSingleton<FeedHello>()
        .AddSingleton<PastQueries>()
        .AddSingleton<MessageIds>()
        .AddSingleton<ReportReader>()
        .AddSingleton<DecisionStore>()
        .AddSingleton<DecisionRecorder>()
        .AddHostedService(provider => provider.GetRequiredService<DecisionRecorder>())
        .AddSingleton<DecisionTally>()
        .AddHostedService(provider => provider.GetRequiredService<DecisionTally>());

    public static IEndpointRouteBuilder MapEnforcement(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/suppressions").WithTags(Tag);
        group.MapPost("/check", PostCheck.HandleAsync).WithName("CheckSuppressions")
            .WithSummary("May this be used? Up to 1,000 questions; unknown means no")
            .RequireRoles("gate", "transactional")
            .Refuses(ProblemKinds.ScopeMissing, ProblemKinds.TooManyItems, ProblemKinds.TooManyRequests,
                ProblemKinds.Overloaded, ProblemKinds.StorageUnavailable)
            .WithExample(EnforcementExamples.Check, EnforcementExamples.CheckAnswer);
        group.MapGet("/stream", GetStream.HandleAsync).WithName("StreamSuppressions")
            .WithSummary("The whole suppression list under the feed key, then every change, as server-sent events")
            .RequireRoles("gate")
            .Refuses(ProblemKinds.InvalidCursor, GetStream.LedgerNotCurrent, ProblemKinds.Overloaded,
                ProblemKinds.StorageUnavailable)
            .WithExample(response: EnforcementExamples.Stream, responseType: "text/event-stream");
        MapDecisions(routes);
        return routes;
    }

    private static void MapDecisions(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/decisions", PostDecisions.HandleAsync).WithTags(Tag).WithName("ReportDecisions")
            .WithSummary("What a gate or a sender blocked, cancelled, or sent after a stop; up to 1,000")
            .RequireRoles("gate")
            .Refuses(ProblemKinds.ValidationFailed, ProblemKinds.TooManyItems, ProblemKinds.TooManyRequests,
                ProblemKinds.StorageUnavailable)
            .WithExample(EnforcementExamples.Decisions, EnforcementExamples.DecisionsAnswer, status: 207);
        routes.MapGet("/v1/opt-outs/{id}/decisions", GetDecisions.HandleAsync).WithTags(Tag).WithName("ListDecisions")
            .WithSummary("What was blocked under an opt-out, how and by whom, oldest first")
            .RequireRoles("recorder", "portal", "reader", "operator", "auditor")
            .Refuses(ProblemKinds.NotFound, ProblemKinds.InvalidCursor)
            .WithListParameters()
            .WithExample(response: $$"""{ "data": [ {{EnforcementExamples.Decision}} ], "nextCursor": null }""");
    }
}
