using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Enforcement.Checking;
using OptOut.Service.Enforcement.Decisions;
using OptOut.Service.Enforcement.Feed;
using OptOut.Service.Enforcement.Filtering;
using OptOut.Service.Enforcement.Importing;
using OptOut.Service.Enforcement.Reconciling;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;
using OptOut.Service.Systems;

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
        .AddSingleton<ImportStore>()
        .AddSingleton<ImportReceiver>()
        .AddSingleton<ImportSignal>()
        .AddSingleton<ImportStart>()
        .AddSingleton<IApprovedAct, ApprovedImport>()
        .AddSingleton<ImportRules>()
        .AddSingleton<ImportPieces>()
        .AddHostedService<ImportWorker>()
        .AddSingleton<FilterDesk>()
        .AddSingleton<Reopening>()
        .AddSingleton<ReconciliationStore>()
        .AddSingleton<ReconciliationDesk>()
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
        group.MapPost("/filter", PostFilter.HandleAsync).WithName("FilterLines")
            .WithSummary("Lines in, those that may be used out, byte for byte; counts in trailers")
            .RequireRoles("gate")
            .Refuses(ProblemKinds.InvalidParameter, ProblemKinds.UnsupportedMediaType, ProblemKinds.RequestTimeout,
                GetStream.LedgerNotCurrent, ProblemKinds.StorageUnavailable)
            .WithExample(EnforcementExamples.FilterLines, EnforcementExamples.PassedLines,
                requestType: LineMedia.Ndjson, responseType: LineMedia.Ndjson);
        group.MapGet("/stream", GetStream.HandleAsync).WithName("StreamSuppressions")
            .WithSummary("The whole suppression list under the feed key, then every change, as server-sent events")
            .RequireRoles("gate")
            .Refuses(ProblemKinds.InvalidCursor, GetStream.LedgerNotCurrent, ProblemKinds.Overloaded,
                ProblemKinds.StorageUnavailable)
            .WithExample(response: EnforcementExamples.Stream, responseType: "text/event-stream");
        MapDecisions(routes);
        MapImports(routes);
        routes.MapPost("/v1/systems/{name}/reconciliations", PostReconciliation.HandleAsync)
            .WithTags(Tag).WithName("ReconcileSystem")
            .WithSummary("A system reads out whom it would still contact; who of them said stop is answered and told again")
            .RequireRoles("operator", "system")
            .Refuses(ProblemKinds.ScopeMissing, ProblemKinds.NotFound, ProblemKinds.InvalidParameter, SystemProblems.Retired,
                ProblemKinds.UnsupportedMediaType, ProblemKinds.RequestTimeout, GetStream.LedgerNotCurrent,
                ProblemKinds.StorageUnavailable)
            .WithExample(EnforcementExamples.FilterLines, EnforcementExamples.Reconciliation,
                requestType: LineMedia.Ndjson, responseType: LineMedia.Ndjson);
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

    private static void MapImports(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/imports").WithTags(Tag);
        group.MapPost("", PostImport.HandleAsync).WithName("ImportStops")
            .WithSummary("A file of stops, as NDJSON, CSV or a vendor's export; a large one waits for a second person")
            .RequireRoles("operator")
            .Refuses(ProblemKinds.InvalidParameter, ProblemKinds.UnsupportedMediaType, ProblemKinds.IdempotencyKeyRequired,
                ProblemKinds.IdempotencyKeyInvalid, ProblemKinds.IdempotencyKeyReused, ProblemKinds.IdempotencyInProgress,
                ProblemKinds.RequestTimeout, PostImport.FileRefused, ProblemKinds.StorageUnavailable)
            .WithExample(EnforcementExamples.ImportLines, EnforcementExamples.Import, status: 202,
                requestType: LineMedia.Ndjson);
        group.MapGet("/{id}", GetImport.HandleAsync).WithName("GetImport")
            .WithSummary("How far an import is")
            .RequireRoles("operator", "auditor")
            .Refuses(ProblemKinds.NotFound)
            .WithExample(response: EnforcementExamples.Import);
        group.MapGet("/{id}/rows", GetImport.HandleRowsAsync).WithName("ListImportRows")
            .WithSummary("What came of each row; status=rejected lists the bad ones")
            .RequireRoles("operator", "auditor")
            .Refuses(ProblemKinds.NotFound, ProblemKinds.InvalidCursor, ProblemKinds.InvalidParameter)
            .WithListParameters()
            .WithExample(response: EnforcementExamples.ImportRows);
    }
}
