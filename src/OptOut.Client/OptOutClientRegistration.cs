using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OptOut.Client.Http;

namespace OptOut.Client;

/// <summary>Adds the client to a host.</summary>
public static class OptOutClientRegistration
{
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Adds <see cref="OptOutClient"/>. Then, where data is used,
    /// <see cref="OptOutClientBuilder.AddSuppressionGate"/>.
    /// </summary>
    public static OptOutClientBuilder AddOptOutClient(
        this IServiceCollection services, Action<OptOutClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<OptOutClientOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor
            .Singleton<IValidateOptions<OptOutClientOptions>, OptOutClientOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ApiTransport>();
        services.TryAddSingleton(provider => new OptOutClient(provider.GetRequiredService<ApiTransport>()));
        var http = services.AddHttpClient(ApiTransport.ClientName, (provider, client) =>
            {
                var address = provider.GetRequiredService<IOptions<OptOutClientOptions>>().Value.BaseAddress!;
                client.BaseAddress = address.AbsoluteUri.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/");
                // Each call has bounds of its own, and a stream has no end.
                client.Timeout = Timeout.InfiniteTimeSpan;
            })
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                // A redirect could carry the key to somebody else.
                AllowAutoRedirect = false,
                UseCookies = false,
                PooledConnectionLifetime = ConnectionLifetime,
                ConnectTimeout = ConnectTimeout,
            })
            .RedactLoggedHeaders(_ => true);
        return new OptOutClientBuilder(services, http);
    }
}
