using OptOut.Service.Access.Keys;

namespace OptOut.Service.Access;

/// <summary>Who may do what: keys, roles, and the gate in front of every route.</summary>
internal static class AccessCapability
{
    public static IServiceCollection AddAccess(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(BootstrapKey.From(configuration));
        services.AddSingleton<InternalKey>();
        services.AddSingleton<KeyLoader>();
        services.AddSingleton(provider =>
        {
            var loader = provider.GetRequiredService<KeyLoader>();
            return new KeyCache(
                (ids, cancellationToken) => loader.LoadAsync(ids, KeyCache.TimeToLive, cancellationToken),
                provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<Authenticator>();
        services.AddSingleton<FailureThrottle>();
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<KeyList>();
        return services;
    }

    /// <summary>Call after the frame, which does the routing.</summary>
    public static IApplicationBuilder UseAccess(this IApplicationBuilder app) => app.UseMiddleware<AccessGate>();

    public static void MapAccess(this IEndpointRouteBuilder routes) => routes.MapKeys();
}
