using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Audit.Alerts;

/// <summary>
/// Raises again what nobody has taken, after a quarter of an hour, an hour, four hours and then daily; from the second
/// time on as critical. Also counts what is open, for the metrics.
/// </summary>
internal sealed partial class Escalation(
    Databases databases, AlertOutbox outbox, AlertSignal signal, TimeProvider clock, ILogger<Escalation> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private const string Due =
        """
        WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(7275, 1) AS mine),
        due AS (
            SELECT f.finding_id FROM optout.finding f, turn
            WHERE turn.mine AND f.closed_at IS NULL AND f.acknowledged_at IS NULL AND f.escalate_at <= now()
                AND coalesce(f.silenced_until, '-infinity') <= now()
            ORDER BY f.escalate_at LIMIT 100)
        UPDATE optout.finding f SET escalation = f.escalation + 1,
            severity = CASE WHEN f.escalation >= 1 THEN 'critical' ELSE f.severity END,
            escalate_at = now() + CASE f.escalation WHEN 0 THEN interval '45 minutes' WHEN 1 THEN interval '3 hours'
                WHEN 2 THEN interval '20 hours' ELSE interval '24 hours' END
        FROM due WHERE f.finding_id = due.finding_id
        RETURNING f.finding_id, f.kind, f.about, f.severity, f.escalation
        """;

    private const string Open =
        "SELECT kind, severity, count(*) FROM optout.finding WHERE closed_at IS NULL GROUP BY kind, severity LIMIT 1000";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RaiseAsync(stoppingToken);
                await CountAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(exception.GetType().Name);
            }

            await Task.Delay(Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RaiseAsync(CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var causes = new List<AlertCause>();
        await using (var due = new NpgsqlCommand(Due, connection, transaction))
        await using (var reader = await due.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                causes.Add(new AlertCause(reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetString(3),
                    AlertEvents.Escalated, reader.GetInt16(4)));
            }
        }

        foreach (var cause in causes)
            await outbox.AddAsync(connection, transaction, cause, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (causes.Count > 0) signal.Wake();
    }

    private async Task CountAsync(CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Open);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var open = new List<OpenFindings>();
        while (await reader.ReadAsync(cancellationToken))
            open.Add(new OpenFindings(reader.GetString(0), reader.GetString(1), reader.GetInt64(2)));
        OptOutTelemetry.FindingsOpen(open);
    }

    [LoggerMessage(615, LogLevel.Warning, "Findings could not be raised again or counted now: {ErrorType}")]
    private partial void LogFailed(string errorType);
}
