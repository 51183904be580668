using Npgsql;
using OptOut.Service.Audit.Alerts;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Findings.Running;

/// <summary>Brings the open findings in line with what a rule said: rows, leaves and alerts in the rule's transaction.</summary>
internal sealed class FindingWriter(
    FindingLeaf leaf, AlertOutbox alerts, AlertSignal signal, FindingSettings settings, TimeProvider clock)
{
    /// <summary>A finding that nobody takes is raised again after this.</summary>
    private const string FirstEscalation = "15 minutes";

    private const string Standing =
        """
        SELECT finding_id, kind, about, severity, system_id, evidence::text, total, seen_at, escalation
        FROM optout.finding
        WHERE closed_at IS NULL AND (kind = ANY ($1) OR (kind = $2 AND about = $3))
        """;

    // The system's owner answers for what is wrong with it; the rest is the operators'.
    private const string Open =
        $"""
        INSERT INTO optout.finding (finding_id, kind, about, severity, owner, system_id, evidence, total, opened_at,
            seen_at, escalate_at)
        SELECT $1, $2, $3, $4, coalesce((SELECT owner FROM optout.system WHERE system_id = $5), $6), $5, $7::jsonb, $8,
            $9, $9, CASE WHEN $4 <> 'info' THEN $9 + interval '{FirstEscalation}' END
        ON CONFLICT (kind, about) WHERE closed_at IS NULL DO NOTHING
        """;

    // Evidence moves with the facts; severity only rises while it is open.
    private const string Refresh =
        """
        UPDATE optout.finding SET evidence = $2::jsonb, total = $3, seen_at = $4, severity = $5
        WHERE finding_id = $1 AND closed_at IS NULL
        """;

    private const string Close =
        "UPDATE optout.finding SET closed_at = $2, seen_at = $2 WHERE finding_id = $1 AND closed_at IS NULL";

    public async Task ApplyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Verdict verdict, CancellationToken cancellationToken)
    {
        var standing = await StandingAsync(connection, transaction, verdict, cancellationToken);
        var changes = FindingChanges.Of(standing, verdict.Answer, verdict.Now);
        var leaves = new List<LedgerEntry>();
        foreach (var raised in changes.Open)
        {
            if (await OpenAsync(connection, transaction, raised, verdict.Now, cancellationToken) is { } entry)
                leaves.Add(entry);
        }

        foreach (var (finding, now) in changes.Refresh)
            await RefreshAsync(connection, transaction, finding, now, verdict.Now, cancellationToken);
        foreach (var finding in changes.Close)
        {
            await using var close = Command(connection, transaction, Close,
                Sql.Value(finding.FindingId), Sql.Value(verdict.Now));
            if (await close.ExecuteNonQueryAsync(cancellationToken) == 0) continue;
            leaves.Add(leaf.Closed(finding, verdict.Now));
            await alerts.AddAsync(connection, transaction,
                new AlertCause(finding.FindingId, finding.Kind, finding.About, finding.Severity, AlertEvents.Closed),
                cancellationToken);
        }

        if (leaves.Count > 0)
            await LedgerPending.InsertAsync(connection, transaction, leaves, cancellationToken);
    }

    /// <summary>Call after the commit: what has to be said goes out now.</summary>
    public void Committed() => signal.Wake();

    private static async Task<List<OpenFinding>> StandingAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Verdict verdict, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, transaction, Standing,
            Sql.Texts([.. verdict.Kinds]), Sql.Value(RuleTurn.FailedKind), Sql.Value(verdict.RuleAbout));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var findings = new List<OpenFinding>();
        while (await reader.ReadAsync(cancellationToken))
        {
            findings.Add(new OpenFinding(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetString(3),
                reader.IsDBNull(4) ? null : reader.GetInt32(4), reader.GetString(5), reader.GetInt64(6),
                reader.GetFieldValue<DateTimeOffset>(7), reader.GetInt16(8)));
        }

        return findings;
    }

    private async Task<LedgerEntry?> OpenAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Raised raised, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var complaint = raised.Complaint;
        await using var open = Command(connection, transaction, Open,
            Sql.Value(id), Sql.Value(complaint.Kind), Sql.Value(complaint.About), Sql.Value(complaint.Severity),
            new NpgsqlParameter { Value = (object?)complaint.SystemId ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer },
            Sql.Value(settings.Owner), Sql.Value(complaint.Evidence), Sql.Value(raised.Total), Sql.Value(now));
        if (await open.ExecuteNonQueryAsync(cancellationToken) == 0) return null;
        await alerts.AddAsync(connection, transaction,
            new AlertCause(id, complaint.Kind, complaint.About, complaint.Severity, AlertEvents.Opened), cancellationToken);
        return leaf.Raised(id, complaint, now);
    }

    private static async Task RefreshAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, OpenFinding finding, Raised now, DateTimeOffset at,
        CancellationToken cancellationToken)
    {
        var severity = Severities.Rank(now.Complaint.Severity) > Severities.Rank(finding.Severity)
            ? now.Complaint.Severity
            : finding.Severity;
        await using var refresh = Command(connection, transaction, Refresh,
            Sql.Value(finding.FindingId), Sql.Value(now.Complaint.Evidence), Sql.Value(now.Total), Sql.Value(at),
            Sql.Value(severity));
        await refresh.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlCommand Command(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection, transaction);
        command.Parameters.AddRange(parameters);
        return command;
    }
}

/// <summary>Whom findings belong to that are about no system: <c>OptOut:Audit:Owner</c>, default <c>operations</c>.</summary>
internal sealed record FindingSettings(string Owner)
{
    public static FindingSettings From(IConfiguration configuration) =>
        new(configuration["OptOut:Audit:Owner"] is { Length: > 0 and <= 200 } owner ? owner : "operations");
}
