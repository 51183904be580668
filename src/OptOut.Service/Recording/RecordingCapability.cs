using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;
using OptOut.Service.Propagation.Acknowledgements;
using OptOut.Service.Recording.Endpoints;
using OptOut.Service.Recording.GroupCommit;
using OptOut.Service.Recording.Inbound;
using OptOut.Service.Systems;

namespace OptOut.Service.Recording;

/// <summary>Recording: versions of opt-outs, written once, answered after the commit.</summary>
internal static class RecordingCapability
{
    private const string Tag = "Recording";

    public static IServiceCollection AddRecording(this IServiceCollection services) => services
        .AddSingleton<RecordingLoader>()
        .AddSingleton<RecordingSaver>()
        .AddSingleton<RecordingTransaction>()
        .AddSingleton<HeldPeople>()
        .AddSingleton(provider => RecordingLimits.From(provider.GetRequiredService<IConfiguration>()))
        .AddSingleton<RecordingWriter>()
        .AddHostedService(provider => provider.GetRequiredService<RecordingWriter>())
        .AddSingleton<RecordRequestReader>()
        .AddSingleton<RecordQueries>()
        .AddSingleton<IApprovedAct, ApprovedReversal>()
        .AddSingleton<LockedReversals>()
        .AddHostedService<IdempotencySweep>();

    public static IEndpointRouteBuilder MapRecording(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/opt-outs").WithTags(Tag);
        group.MapPost("", PostOptOut.HandleAsync).WithName("RecordOptOut")
            .WithSummary("Record that a person says stop")
            .RequireRoles("recorder", "portal")
            .Refuses([ProblemKinds.ValidationFailed, RecordingProblems.ProbeReserved, .. WorkAnswers.Refusals])
            .WithAnswer(StatusCodes.Status200OK, "It stood already: a repeat makes no new version.", Examples.Record)
            .WithExample(Examples.Request, Examples.Record, status: 201);
        group.MapPost("/batch", PostBatch.HandleAsync).WithName("RecordOptOuts")
            .WithSummary("Record up to 1,000 stops, each answered on its own")
            .RequireRoles("recorder", "portal")
            .Refuses([ProblemKinds.ValidationFailed, ProblemKinds.TooManyItems, .. WorkAnswers.Refusals])
            .WithExample($$"""{ "items": [ {{Examples.Request}} ] }""",
                $$"""{ "items": [ { "status": 201, "record": {{Examples.Record}} } ] }""", status: 207);
        group.MapGet("/{id}", GetOptOut.HandleAsync).WithName("GetOptOut")
            .WithSummary("The newest version of an opt-out")
            .RequireRoles("recorder", "portal", "reader", "operator", "auditor")
            .Refuses(ProblemKinds.NotFound)
            .WithExample(response: Examples.Record);
        group.MapGet("/{id}/versions", GetOptOut.HandleVersionsAsync).WithName("ListOptOutVersions")
            .WithSummary("Every version of an opt-out, oldest first")
            .RequireRoles("recorder", "portal", "reader", "operator", "auditor")
            .Refuses(ProblemKinds.NotFound, ProblemKinds.InvalidCursor)
            .WithExample(response: $$"""{ "data": [ {{Examples.Record}} ], "nextCursor": null }""");
        group.MapPost("/{id}/reversals", PostReversal.HandleAsync).WithName("ReverseOptOut")
            .WithSummary("The subject lifts a stop, with a token of their own")
            // Every role may ask, so that the refusal says what it is: nobody but the subject lifts a stop.
            .RequireRoles("portal", "recorder", "reader", "gate", "operator", "auditor", "admin", "system", "transactional")
            .Refuses([RecordingProblems.OverrideForbidden, RecordingProblems.EvidenceInvalid,
                RecordingProblems.CoveredByBroaderStop, RecordingProblems.NotStanding, ProblemKinds.NotFound,
                ProblemKinds.PreconditionRequired, ProblemKinds.PreconditionFailed, ProblemKinds.IdempotencyKeyRequired,
                .. WorkAnswers.Refusals])
            .WithExample("""{ "evidence": { "type": "token", "token": "rev_3hV8…" } }""", Examples.Reversed, status: 201);
        routes.MapPost("/v1/systems/{name}/inbound", PostInbound.HandleAsync).WithTags(Tag).WithName("ReceiveInbound")
            .WithSummary("A vendor's own stops, signed with its secret (Standard Webhooks); told to all other systems")
            .PublicRoute()
            .WithSignature()
            .Refuses(PostAcknowledgements.SignatureInvalid, SystemProblems.Retired, ProblemKinds.ValidationFailed,
                ProblemKinds.TooManyItems, ProblemKinds.IdempotencyKeyReused, ProblemKinds.IdempotencyInProgress,
                ProblemKinds.Overloaded, ProblemKinds.StorageUnavailable)
            .WithExample(PostInbound.Example, PostInbound.Answered, status: 207);
        return routes;
    }
}
