using Npgsql;
using OptOut.Service.Audit;
using OptOut.Service.Audit.Findings.Rules;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Incidents;

/// <summary>
/// Opens an incident with an integrity lock by itself where the evidence is in doubt: nobody may lower a protection alone
/// while it is not known what is true.
/// </summary>
internal sealed partial class IncidentOpener(
    Databases databases, SecretBox secrets, TimeProvider clock, ILogger<IncidentOpener> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Findings that mean that history was changed, or may have been.</summary>
    private static readonly string[] Kinds =
        [ServiceRules.LedgerIncident, LeafRule.RecordWithoutLeaf, LeafRule.VersionGap, LeafRule.LeafWithoutAct];

    private const string Turn = "SELECT pg_try_advisory_xact_lock(7275, 3)";

    private const string Doubtful =
        """
        SELECT f.finding_id, f.kind FROM optout.finding f
        WHERE f.closed_at IS NULL AND f.kind = ANY ($1)
            AND NOT EXISTS (SELECT FROM optout.incident i WHERE i.finding_id = f.finding_id)
        LIMIT 10
        """;

    private const string Insert =
        """
        INSERT INTO optout.incident (incident_id, title, severity, integrity_lock, finding_id, opened_by, opened_at)
        VALUES ($1, $2, 'critical', true, $3, 'svc:audit', clock_timestamp())
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await OpenAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(exception.GetType().Name);
            }

            await Task.Delay(Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var turn = new NpgsqlCommand(Turn, connection, transaction))
        {
            if (await turn.ExecuteScalarAsync(cancellationToken) is not true) return;
        }

        var doubtful = new List<(Guid Finding, string Kind)>();
        await using (var command = new NpgsqlCommand(Doubtful, connection, transaction))
        {
            command.Parameters.Add(Sql.Texts(Kinds));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken)) doubtful.Add((reader.GetGuid(0), reader.GetString(1)));
        }

        foreach (var (finding, kind) in doubtful)
        {
            var id = Guid.CreateVersion7(clock.GetUtcNow());
            var title = $"The evidence is in doubt: {kind}";
            await using var insert = new NpgsqlCommand(Insert, connection, transaction);
            insert.Parameters.Add(Sql.Value(id));
            insert.Parameters.Add(Sql.Value(title));
            insert.Parameters.Add(Sql.Value(finding));
            await insert.ExecuteNonQueryAsync(cancellationToken);
            await LedgerPending.InsertAsync(connection, transaction,
                [IncidentDesk.OpenedLeaf(secrets, id, title, true, "svc:audit", clock.GetUtcNow())], cancellationToken);
            LogOpened(PublicId.Format(IncidentQueries.Prefix, id), kind);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    [LoggerMessage(2601, LogLevel.Critical, "Incident {Incident} was opened: {Kind}")]
    private partial void LogOpened(string incident, string kind);

    [LoggerMessage(2602, LogLevel.Warning, "Whether an incident must be opened could not be read: {ErrorType}")]
    private partial void LogFailed(string errorType);
}
