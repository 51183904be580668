using Microsoft.EntityFrameworkCore;
using Npgsql;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Systems.Registration;
using OptOut.Service.Systems.Rows;

namespace OptOut.Service.Systems.Operation;

/// <summary>
/// Closes what was written for a system by a commit that still held the registry of before its retirement. Such a
/// delivery is never sent, so it must not stay open either.
/// </summary>
internal sealed partial class RetiredSweep(
    IDbContextFactory<OptOutDbContext> contexts,
    Databases databases,
    SystemActs acts,
    TimeProvider clock,
    ILogger<RetiredSweep> logger) : BackgroundService
{
    /// <summary>How long such a delivery may stand.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private const string Owing =
        """
        SELECT s.system_id FROM optout.system s
        WHERE s.state = 'retired' AND EXISTS (SELECT FROM optout.open_delivery o WHERE o.system_id = s.system_id)
        ORDER BY s.system_id LIMIT 100
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                foreach (var systemId in await OwingAsync(stoppingToken))
                    await CloseAsync(systemId, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(exception.GetType().Name, (exception as PostgresException)?.SqlState);
            }

            await Task.Delay(Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<List<int>> OwingAsync(CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Owing);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<int>();
        while (await reader.ReadAsync(cancellationToken)) ids.Add(reader.GetInt32(0));
        return ids;
    }

    private async Task CloseAsync(int systemId, CancellationToken cancellationToken)
    {
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        var row = await transaction.Context.Set<SystemRow>().SingleAsync(s => s.SystemId == systemId, cancellationToken);
        var owed = await RetiredDebts.CloseAsync(transaction, systemId, cancellationToken);
        // Another replica may have been first.
        if (owed.Closed > 0)
            await transaction.CommitAsync(
                acts.Leaf.Of(LedgerKinds.SystemRetired, row, "svc:registry", owed: owed), cancellationToken);
    }

    [LoggerMessage(2403, LogLevel.Warning, "Late deliveries of retired systems wait to be closed: {ErrorType} {SqlState}")]
    private partial void LogFailed(string errorType, string? sqlState);
}
