using OptOut.Service.Platform.Http;

namespace OptOut.Service.Access;

/// <summary>Endpoint metadata: who may call this route. A route without it is closed.</summary>
/// <param name="Any">One of these roles is enough; none for a public route.</param>
/// <param name="ReadsKey">On a public route: a key is looked at where one is sent.</param>
internal sealed record RouteAccess(RoleSet Any, bool ReadsKey) : IRoutePermission
{
    public bool IsPublic => Any == RoleSet.None;

    public IReadOnlyList<string> RoleWords => Roles.WordsOf(Any);
}

internal static class RouteAccessExtensions
{
    /// <summary>Opens the route to keys with any of these roles. On the endpoint it wins over its group.</summary>
    public static TBuilder RequireRoles<TBuilder>(this TBuilder builder, params string[] roles)
        where TBuilder : IEndpointConventionBuilder
    {
        if (roles.Length == 0) throw new ArgumentException("Name at least one role.", nameof(roles));
        builder.WithMetadata(new RouteAccess(Roles.Require(roles), ReadsKey: true));
        return builder;
    }

    /// <summary>Opens the route to everyone. With <paramref name="readsKey"/> a key is looked at where one is sent.</summary>
    public static TBuilder PublicRoute<TBuilder>(this TBuilder builder, bool readsKey = false)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.WithMetadata(new RouteAccess(RoleSet.None, readsKey));
        return builder;
    }
}
