using Microsoft.Extensions.DependencyInjection.Extensions;
using OptOut.Contracts.Identifiers;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;
using OptOut.Service.Recording.Endpoints;
using OptOut.Service.Subjects.Endpoints;
using OptOut.Service.Subjects.Erasure;

namespace OptOut.Service.Subjects;

/// <summary>Subjects: who a person is to us, by identifiers that are kept hashed and encrypted.</summary>
internal static class SubjectsCapability
{
    private const string Tag = "Subjects";

    public static IServiceCollection AddSubjects(this IServiceCollection services, IConfiguration configuration)
    {
        var options = OptionsOf(configuration);
        services.TryAddSingleton(options);
        services.TryAddSingleton(new IdentifierNormaliser(options));
        return services.AddSingleton<SubjectKeys>().AddSingleton<IdentifierReader>().AddSingleton<SubjectQueries>()
            .AddSingleton<ErasureRows>().AddSingleton<ErasureRun>().AddSingleton<ErasureSignal>()
            .AddHostedService<ErasureWorker>();
    }

    /// <summary>Read at the start: with rules that cannot be used no stop could be recorded.</summary>
    /// <exception cref="ConfigurationException">With every fault of the rules.</exception>
    public static IdentifierOptions OptionsOf(IConfiguration configuration)
    {
        var options = configuration.GetSection("OptOut:Identifiers").Get<IdentifierOptions>() ?? new IdentifierOptions();
        var faults = options.Faults();
        return faults.Count == 0
            ? options
            : throw new ConfigurationException([.. faults.Select(fault => "OptOut__Identifiers: " + fault + ".")]);
    }

    public static IEndpointRouteBuilder MapSubjects(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/subjects").WithTags(Tag);
        // Not for gates: they ask for decisions, and need not learn who is known.
        group.MapPost("/lookup", PostLookup.HandleAsync).WithName("LookUpSubject")
            .WithSummary("Find a person by one identifier")
            .RequireRoles("recorder", "portal", "reader", "operator", "auditor")
            .Refuses(SubjectProblems.Unknown, ProblemKinds.ValidationFailed, ProblemKinds.StorageUnavailable)
            .WithExample(SubjectExamples.Lookup, SubjectExamples.Subject);
        group.MapPost("/{id}/identifiers", PostIdentifier.HandleAsync).WithName("LinkIdentifier")
            .WithSummary("One more identifier of a person; the stops of both stand where two turn out to be one")
            .RequireRoles("operator")
            .Refuses([SubjectProblems.Unknown, ProblemKinds.ValidationFailed, .. WorkAnswers.Refusals])
            .WithExample(SubjectExamples.Identifier, SubjectExamples.Subject);
        group.MapGet("/{id}/opt-outs", GetSubjectOptOuts.HandleAsync).WithName("ListSubjectOptOuts")
            .WithSummary("The newest version of each opt-out of a person")
            .RequireRoles("recorder", "portal", "reader", "operator", "auditor")
            .Refuses(SubjectProblems.Unknown, ProblemKinds.InvalidCursor)
            .WithListParameters()
            .WithExample(response: $$"""{ "data": [ {{Examples.Record}} ], "nextCursor": null }""");
        group.MapPost("/{id}/erasure", ErasureEndpoints.AskAsync).WithName("EraseSubject")
            .WithSummary("Forget a person once every system is told; their stops stand on, by keyed hash")
            .RequireRoles("operator")
            .Refuses([SubjectProblems.Unknown, .. WorkAnswers.Refusals])
            .WithExample(response: ErasureView.Example, status: 202);
        group.MapGet("/{id}/erasure", ErasureEndpoints.FindAsync).WithName("GetErasure")
            .WithSummary("Where the erasure of a person stands")
            .RequireRoles("operator", "auditor")
            .Refuses(ProblemKinds.NotFound)
            .WithExample(response: ErasureView.Example);
        return routes;
    }
}
