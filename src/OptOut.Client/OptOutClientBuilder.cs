using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OptOut.Client.Gate;
using OptOut.Client.Gate.Feed;
using OptOut.Client.Gate.Reports;
using OptOut.Client.Gate.Snapshots;

namespace OptOut.Client;

/// <summary>What may be added to a client.</summary>
public sealed class OptOutClientBuilder
{
    internal OptOutClientBuilder(IServiceCollection services, IHttpClientBuilder http) => (Services, Http) = (services, http);

    /// <summary>The services of the host.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The HTTP client that all calls go through, for proxies and certificates.</summary>
    public IHttpClientBuilder Http { get; }

    /// <summary>
    /// Adds <see cref="ISuppressionGate"/>: a copy of the suppression list in this process, kept current in the background.
    /// The key needs role <c>gate</c>. Until the copy is there, every answer is Unknown.
    /// </summary>
    public OptOutClientBuilder AddSuppressionGate(Action<SuppressionGateOptions>? configure = null)
    {
        Services.AddOptions<SuppressionGateOptions>().Configure(options => configure?.Invoke(options)).ValidateOnStart();
        Services.TryAddEnumerable(ServiceDescriptor
            .Singleton<IValidateOptions<SuppressionGateOptions>, SuppressionGateOptionsValidator>());
        Services.TryAddSingleton(provider => new StopReports(
            provider.GetRequiredService<TimeProvider>(),
            Options(provider) is { ReportStops: true } options ? options.ReportQueue : 0));
        Services.TryAddSingleton<SuppressionGate>();
        Services.TryAddSingleton<ISuppressionGate>(provider => provider.GetRequiredService<SuppressionGate>());
        Services.TryAddSingleton<SnapshotKeeper>();
        Services.TryAddSingleton<FeedConnection>();
        Services.TryAddSingleton<FeedWorker>();
        Services.AddHostedService(provider => provider.GetRequiredService<FeedWorker>());
        Services.AddHostedService<ClockWatch>();
        Services.AddHostedService(provider => ActivatorUtilities.CreateInstance<StopReporter>(
            provider, provider.GetRequiredService<OptOutClient>().Decisions));
        return this;
    }

    private static SuppressionGateOptions Options(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<SuppressionGateOptions>>().Value;
}
