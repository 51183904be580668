using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Audit.Reports;

/// <summary>A report with its bytes and its seal.</summary>
internal sealed record SealedReport(ComplianceReport Report, byte[] Content, ReportSeal Seal);

/// <summary>
/// Makes reports and seals them: the bytes are stored, and their hash stands in the ledger. It appends evidence and changes
/// nothing else; the same question within seconds is answered with the same report.
/// </summary>
internal sealed class ReportDesk(Databases databases, ReportBuilder builder, SecretBox secrets, TimeProvider clock) : IDisposable
{
    /// <summary>A question that comes again this soon costs nothing.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private const string Insert =
        """
        INSERT INTO optout.report (report_id, period_from, period_to, content, content_hash, generated_by, generated_at, ledger_entry_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """;

    private const string Find = "SELECT content, content_hash, ledger_entry_id FROM optout.report WHERE report_id = $1";

    // One at a time in a process: a report may take seconds of a core.
    private readonly SemaphoreSlim _one = new(1, 1);

    private (ReportQuestion Question, SealedReport Report, long At)? _last;

    public async Task<SealedReport> MakeAsync(ReportQuestion question, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_last is { } last && last.Question == question && clock.GetElapsedTime(last.At) < Fresh)
                return last.Report;
            var report = await builder.BuildAsync(question, cancellationToken);
            var sealedReport = await SealAsync(report, cancellationToken);
            _last = (question, sealedReport, clock.GetTimestamp());
            return sealedReport;
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task<SealedReport?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Find);
        command.Parameters.Add(Sql.Value(id));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return null;
        var content = reader.GetFieldValue<byte[]>(0);
        return new SealedReport(
            JsonSerializer.Deserialize(content, ReportsJson.Strict.ComplianceReport)!, content,
            new ReportSeal(Convert.ToBase64String(reader.GetFieldValue<byte[]>(1)), PublicId.Format("", reader.GetGuid(2))));
    }

    public void Dispose() => _one.Dispose();

    private async Task<SealedReport> SealAsync(ComplianceReport report, CancellationToken cancellationToken)
    {
        PublicId.TryParse(report.Id, "rpt_", out var id);
        var content = JsonSerializer.SerializeToUtf8Bytes(report, ReportsJson.Strict.ComplianceReport);
        var hash = SHA256.HashData(content);
        var leaf = LedgerEntry.ForConfiguration(
            new LedgerFacts(LedgerKinds.ReportSealed, id, 0, report.GeneratedBy, Milliseconds.Truncate(clock.GetUtcNow())),
            CanonicalJson.ToBytes(new CanonicalObject
            {
                { "reportId", report.Id }, { "sha256", Convert.ToBase64String(hash) }, { "type", "optout.report/1" },
            }),
            secrets);
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var insert = new NpgsqlCommand(Insert, connection, transaction))
        {
            insert.Parameters.Add(Sql.Value(id));
            insert.Parameters.Add(Sql.Value(report.From));
            insert.Parameters.Add(Sql.Value(report.To));
            insert.Parameters.Add(Sql.Value(content));
            insert.Parameters.Add(Sql.Value(hash));
            insert.Parameters.Add(Sql.Value(report.GeneratedBy));
            insert.Parameters.Add(Sql.Value(report.GeneratedAt));
            insert.Parameters.Add(Sql.Value(leaf.Id));
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        await LedgerPending.InsertAsync(connection, transaction, [leaf], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new SealedReport(report, content, new ReportSeal(Convert.ToBase64String(hash), PublicId.Format("", leaf.Id)));
    }
}
