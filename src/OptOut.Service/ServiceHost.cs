using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit;
using OptOut.Service.Audit.Alerts;
using OptOut.Service.Audit.Findings;
using OptOut.Service.Audit.Reports;
using OptOut.Service.Audit.Witnessing;
using OptOut.Service.Enforcement;
using OptOut.Service.Incidents;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Embedded;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Platform.OpenApi;
using OptOut.Service.Platform.Telemetry;
using OptOut.Service.Portal;
using OptOut.Service.Probes;
using OptOut.Service.Propagation;
using OptOut.Service.Purposes;
using OptOut.Service.Recording;
using OptOut.Service.Subjects;
using OptOut.Service.Systems;

namespace OptOut.Service;

/// <summary>The service as one object: what it is made of, in order. Tests start the same one.</summary>
internal sealed class ServiceHost(WebApplication app, EmbeddedServers? embedded) : IAsyncDisposable
{
    public WebApplication App { get; } = app;

    /// <summary>Reads the configuration, starts embedded servers where asked for, migrates, and wires everything.</summary>
    public static async Task<ServiceHost> BuildAsync(string[] args, CancellationToken cancellationToken)
    {
        var builder = NewBuilder(args);
        var settings = ConfigurationCheck.Read(builder.Configuration, builder.Environment);
        builder.AddOptOutHttp();
        EmbeddedServers? embedded = null;
        if (settings.Embedded)
        {
            embedded = await EmbeddedServers.StartAsync(
                settings.DataDirectory, wantBroker: settings.BrokerUri is null, cancellationToken);
        }

        try
        {
            if (embedded is not null)
                settings = await settings.WithAsync(embedded, cancellationToken);
            builder.Services.AddSingleton(settings.Databases);
            AddServices(builder, settings);
            var app = builder.Build();
            await app.Services.GetRequiredService<Migrator>().RunAsync(cancellationToken);
            await app.Services.GetRequiredService<MasterKeyWatch>().EnterAsync(cancellationToken);
            Map(app);
            return new ServiceHost(app, embedded);
        }
        catch
        {
            await (embedded?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    /// <summary>Brings the databases to this build's schema with the owner's login, and ends.</summary>
    public static async Task MigrateAsync(string[] args)
    {
        var builder = NewBuilder(args);
        builder.Services.AddSingleton(DatabaseOptions.From(builder.Configuration)).AddSingleton<Migrator>();
        await using var app = builder.Build();
        await app.Services.GetRequiredService<Migrator>().RunAsync(CancellationToken.None);
    }

    public Task RunAsync() => App.RunAsync();

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await (embedded?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>Configuration and logs: what the service and the migration share.</summary>
    private static WebApplicationBuilder NewBuilder(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.Configuration.AddKeyPerFile("/run/secrets", optional: true);
        builder.Configuration.AddEnvironmentVariables();
        builder.Configuration.AddCommandLine(args);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.AddOptOutLogging();
        return builder;
    }

    private static void AddServices(WebApplicationBuilder builder, ServiceSettings settings)
    {
        var services = builder.Services;
        services.AddSingleton(settings);
        services.AddDatabases();
        services.AddSingleton<Migrator>();
        services.AddKeys(KeyRing.Load(settings.MasterKeyFile));
        services.AddOptOutTelemetry(builder.Configuration);
        services.AddOptOutOpenApi();
        services.AddAccess(builder.Configuration);
        services.AddApprovals();
        services.AddPurposes();
        services.AddSubjects(builder.Configuration);
        services.AddSystems();
        services.AddRecording();
        services.AddPropagation(settings.BrokerUri, settings.Channels, settings.EventSource);
        services.AddPortal();
        services.AddAudit(settings.Ledger, WitnessSettings.From(builder.Configuration));
        services.AddEnforcement(builder.Configuration);
        services.AddAlerts(builder.Configuration, settings.Channels.AllowPrivateTargets);
        services.AddReports();
        services.AddIncidents();
        services.AddProbes(builder.Configuration);
        services.AddFindings(builder.Configuration, hasBroker: settings.BrokerUri is not null);
    }

    private static void Map(WebApplication app)
    {
        app.UseOptOutHttp();
        app.UseAccess();
        app.UseOptOutOpenApiPolicy();
        app.MapSurroundingRoutes();
        app.MapAsyncApi().PublicRoute();
        app.MapAccess();
        app.MapApprovals();
        app.MapPurposes();
        app.MapSubjects();
        app.MapSystems();
        app.MapRecording();
        app.MapPropagation();
        app.MapPortal();
        app.MapAudit();
        app.MapEnforcement();
        app.MapFindings();
        app.MapProbes();
        app.MapReports();
        app.MapIncidents();
    }
}
