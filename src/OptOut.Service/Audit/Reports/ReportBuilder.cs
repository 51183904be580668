using Npgsql;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Reports;

/// <summary>Which period, and who asks.</summary>
internal sealed record ReportQuestion(DateTimeOffset From, DateTimeOffset To, string Actor);

/// <summary>Reads a report from one snapshot of the database.</summary>
internal sealed class ReportBuilder(Databases databases, LedgerSettings ledger, TimeProvider clock)
{
    // A period of millions is read through: the joins and scans that short statements do without, and a bound.
    private const string Settings =
        """
        SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on;
        SET LOCAL max_parallel_workers_per_gather = 2; SET LOCAL work_mem = '64MB'; SET LOCAL statement_timeout = '60s';
        SET TRANSACTION READ ONLY
        """;

    public async Task<ComplianceReport> BuildAsync(ReportQuestion question, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        await using (var settings = new NpgsqlCommand(Settings, connection, transaction))
            await settings.ExecuteNonQueryAsync(cancellationToken);
        var lags = await LagsAsync(connection, question, cancellationToken);
        Task<ReportSection> Read(ReportQueries.Section section) => ReadAsync(connection, section, question, cancellationToken);
        List<ReportSection> sections =
        [
            await Read(ReportQueries.OptOuts), .. lags, await Read(ReportQueries.Decisions), await Read(ReportQueries.SentAfterStop),
            await Read(ReportQueries.Probes), await Read(ReportQueries.Reconciliations), await Read(ReportQueries.Approvals),
            await Read(ReportQueries.Access), await Read(ReportQueries.Findings), await Read(ReportQueries.Incidents),
            await Read(ReportQueries.Ledger), await Read(ReportQueries.Witness),
            ReportSection.NotRecorded("ledger_verification", "Last full verification of the ledger"),
            ReportSection.NotRecorded("refused_access", "Refused accesses"),
        ];
        await using var now = new NpgsqlCommand("SELECT clock_timestamp()", connection, transaction);
        var at = new DateTimeOffset((DateTime)(await now.ExecuteScalarAsync(cancellationToken))!, TimeSpan.Zero);
        return new ComplianceReport(
            PublicId.Format("rpt_", Guid.CreateVersion7(clock.GetUtcNow())), ledger.Origin, question.From, question.To,
            Milliseconds.Truncate(at), question.Actor, sections);
    }

    private static async Task<ReportSection> ReadAsync(
        NpgsqlConnection connection, ReportQueries.Section section, ReportQuestion question, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(section.Sql, connection);
        command.Parameters.Add(Sql.Value(question.From));
        command.Parameters.Add(Sql.Value(question.To));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var columns = Enumerable.Range(0, reader.FieldCount).Select(reader.GetName).ToArray();
        var rows = new List<IReadOnlyList<object?>>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add([.. Enumerable.Range(0, columns.Length).Select(column => Value(reader, column))]);
        return new ReportSection(section.Name, section.Title, true, section.Note, columns, rows);
    }

    private static object? Value(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null
        : reader.GetFieldType(column) == typeof(DateTime) ? reader.GetFieldValue<DateTimeOffset>(column)
        : reader.GetValue(column);

    private static async Task<IReadOnlyList<ReportSection>> LagsAsync(
        NpgsqlConnection connection, ReportQuestion question, CancellationToken cancellationToken)
    {
        var figures = await LagFigures.ReadAsync(connection, question.From, question.To, cancellationToken);
        List<IReadOnlyList<object?>> lag = [], overdue = [], limits = [];
        await using var command = new NpgsqlCommand(
            """
            SELECT system_id, name, owner, (contract ->> 'objectiveSeconds')::bigint, state FROM optout.system ORDER BY name LIMIT 5000
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var of = figures.GetValueOrDefault(reader.GetInt32(0));
            if (of is null && reader.GetString(4) == "retired") continue;
            var name = reader.GetString(1);
            object? objective = reader.IsDBNull(3) ? null : reader.GetInt64(3);
            lag.Add([name, reader.GetString(2), objective, of?.Deliveries ?? 0L, of?.Applied ?? 0L, of?.P50Ms, of?.P95Ms, of?.MaxMs]);
            overdue.Add([name, of?.LateApplied ?? 0L, of?.LateNoMatch ?? 0L, of?.LateSuperseded ?? 0L, of?.LateRefused ?? 0L, of?.LateOpen ?? 0L]);
            limits.Add([name, of?.Beyond2Days ?? 0L, of?.Beyond14Days ?? 0L, of?.Beyond21Days ?? 0L, of?.Beyond30Days ?? 0L]);
        }

        return
        [
            new ReportSection("lag", "Press to applied, per system", true,
                "Deliveries of opt-outs recorded in the period; percentiles to within two hundredths, the greatest exact.",
                ["system", "owner", "objectiveSeconds", "deliveries", "applied", "p50Ms", "p95Ms", "maxMs"], lag),
            new ReportSection("overdue", "Past the objective, and how each ended", true, null,
                ["system", "appliedLate", "noMatchLate", "supersededLate", "refusedLate", "stillOpen"], overdue),
            new ReportSection("legal_limits", "Past the outer limits of law", true,
                "Two days: large mailbox providers. 14 days: CAN-SPAM, TCPA (ten business days). 21 days: CCPA (fifteen business days). 30 days: GDPR art. 12(3).",
                ["system", "beyond2Days", "beyond14Days", "beyond21Days", "beyond30Days"], limits),
        ];
    }
}
