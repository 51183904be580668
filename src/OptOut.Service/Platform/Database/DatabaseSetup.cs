using Microsoft.EntityFrameworkCore;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Platform.Database;

/// <summary>The pools, and EF Core over them.</summary>
internal static class DatabaseSetup
{
    public static IServiceCollection AddDatabases(this IServiceCollection services) => services
        .AddSingleton<Databases>()
        .AddSingleton<IReadinessCheck, DatabaseReadiness>()
        .AddPooledDbContextFactory<OptOutDbContext>((provider, options) => options
            .UseNpgsql(provider.GetRequiredService<Databases>().Main)
            .UseQueryTrackingBehavior(QueryTrackingBehavior.NoTrackingWithIdentityResolution)
            .EnableDetailedErrors(false)
            .EnableSensitiveDataLogging(false));
}
