using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Audit;

/// <summary>The ledger: sequenced, published and provable.</summary>
internal static class AuditCapability
{
    public static IServiceCollection AddAudit(this IServiceCollection services, LedgerSettings settings) => services
        .AddSingleton(settings)
        .AddSingleton(LedgerKeys.Load(settings))
        .AddSingleton<LedgerStatus>()
        .AddSingleton<LedgerRows>()
        .AddSingleton<IReadinessCheck, LedgerReadiness>()
        .AddHostedService<SequencingService>();

    public static IEndpointRouteBuilder MapAudit(this IEndpointRouteBuilder routes) => routes;
}
