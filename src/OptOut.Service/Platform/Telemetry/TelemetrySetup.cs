using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace OptOut.Service.Platform.Telemetry;

/// <summary>Exports spans and measurements by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set; else nothing runs.</summary>
internal static class TelemetrySetup
{
    public const string EndpointSetting = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public static IServiceCollection AddOptOutTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        if (!string.IsNullOrEmpty(configuration[EndpointSetting])) services.AddHostedService<TelemetryExport>();
        return services;
    }

    /// <summary>What is listened to, in one place, for the exporter and for its test.</summary>
    internal static OpenTelemetrySdk Create(Action<TracerProviderBuilder> traces, Action<MeterProviderBuilder> metrics) =>
        OpenTelemetrySdk.Create(builder => builder
            .ConfigureResource(resource => Name(resource))
            .WithTracing(tracing =>
            {
                tracing.AddSource("Microsoft.AspNetCore", "Npgsql", OptOutTelemetry.Name).AddProcessor(new SpanScrubber());
                traces(tracing);
            })
            .WithMetrics(metering =>
            {
                metering.AddMeter(
                    "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql", "System.Runtime",
                    OptOutTelemetry.Name);
                metrics(metering);
            }));

    // The standard's own variable wins where an operator has set it.
    private static void Name(ResourceBuilder resource)
    {
        if (Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") is null or "") resource.AddService("optout");
    }
}

/// <summary>Holds the exporters for the life of the process, and flushes them when it ends.</summary>
internal sealed class TelemetryExport : IHostedService, IDisposable
{
    private OpenTelemetrySdk? sdk;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        sdk = TelemetrySetup.Create(traces => traces.AddOtlpExporter(), metrics => metrics.AddOtlpExporter());
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        sdk?.Dispose();
        sdk = null;
    }
}
