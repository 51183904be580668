namespace OptOut.Service.Platform.Http;

/// <summary>Endpoint metadata: the refusals that this route states in its contract.</summary>
internal sealed record Refusals(IReadOnlyList<ProblemKind> Kinds);

internal static class RefusalExtensions
{
    /// <summary>States what this route may refuse, for the OpenAPI document and the approved list of routes.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder builder, params ProblemKind[] kinds)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.WithMetadata(new Refusals(kinds));
        return builder;
    }
}
