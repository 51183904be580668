using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OptOut.Client.AspNetCore;

/// <summary>Grants access only to data of people who have not stopped its use.</summary>
public static class OptOutAuthorization
{
    /// <summary>The channel of a use that is no message.</summary>
    private const string AnyChannel = "any";

    /// <summary>
    /// Adds the requirement's handler. Needs <see cref="OptOutClientBuilder.AddSuppressionGate"/>, since each request asks
    /// the gate: a stop shuts a route as soon as the gate has it, some hundred milliseconds after the press.
    /// </summary>
    public static IServiceCollection AddOptOutAuthorization(
        this IServiceCollection services, Action<OptOutAuthorizationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddAuthorization();
        services.AddOptions<OptOutAuthorizationOptions>().Configure(options => configure?.Invoke(options));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAuthorizationHandler, NoOptOutHandler>());
        return services;
    }

    /// <summary>Shuts the route to people who stopped this use of their data, and while the gate does not know.</summary>
    /// <param name="builder">The route, or the group.</param>
    /// <param name="purpose">What the data is used for, such as <c>profiling</c>.</param>
    /// <param name="channel">By which channel; <c>any</c> where it is no message.</param>
    public static TBuilder RequireNoOptOut<TBuilder>(this TBuilder builder, string purpose, string channel = AnyChannel)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequireAuthorization(policy => policy.RequireNoOptOut(purpose, channel));

    /// <summary>The same as part of a policy.</summary>
    public static AuthorizationPolicyBuilder RequireNoOptOut(
        this AuthorizationPolicyBuilder policy, string purpose, string channel = AnyChannel)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        return policy.RequireAuthenticatedUser().AddRequirements(new NoOptOutRequirement(purpose, channel));
    }
}
