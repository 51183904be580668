using OptOut.Service.Platform.Http;

namespace OptOut.Service.Access;

/// <summary>Every route with who may call it and what it refuses, as text: a change of permission shows in review.</summary>
internal static class RouteInventory
{
    /// <summary>Sorted lines <c>METHOD path | roles | refusal codes</c>; roles are <c>public</c> or, unstated, <c>CLOSED</c>.</summary>
    public static IReadOnlyList<string> Describe(IEnumerable<EndpointDataSource> sources) =>
    [
        .. sources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>().SelectMany(Lines)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<string> Lines(RouteEndpoint endpoint)
    {
        var methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"];
        var path = "/" + endpoint.RoutePattern.RawText?.TrimStart('/');
        var codes = endpoint.Metadata.GetOrderedMetadata<Refusals>().SelectMany(r => r.Kinds).Select(k => k.Code)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return methods.Select(m => $"{m} {path} | {Who(endpoint)} | {string.Join(", ", codes)}".TrimEnd());
    }

    private static string Who(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<RouteAccess>() switch
    {
        null => "CLOSED",
        { IsPublic: true, ReadsKey: true } => "public, key optional",
        { IsPublic: true } => "public",
        var access => string.Join(", ", Roles.WordsOf(access.Any)),
    };
}
