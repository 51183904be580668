using System.Security.Cryptography;
using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Audit.Reading;
using OptOut.Service.Platform.Database;
using OptOut.Service.Recording;
using OptOut.Service.Subjects;

namespace OptOut.Service.Audit.Checking;

/// <summary>
/// Compares the acts with their leaves, in both directions: each record and each acknowledgement has exactly one leaf, each
/// such leaf its act, and what the row says is what the leaf committed to.
/// </summary>
internal sealed class ActAudit(Databases databases, Openings openings, SubjectKeys keys)
{
    public const string LeafMissing = "leaf_missing";
    public const string ActMissing = "act_missing";
    public const string LeafOfAnotherAct = "leaf_of_another_act";
    public const string RecordEdited = "record_edited";
    public const string OpeningDiffers = "opening_differs";

    private const int PageSize = 500;

    // A leaf id that two acts share would be covered only once.
    private const string Uncovered =
        """
        WITH act AS (
            SELECT ledger_entry_id AS id, CASE state WHEN 'opted_in' THEN 'reversed' ELSE 'recorded' END AS kind
            FROM optout.opt_out_version
            UNION ALL SELECT ledger_entry_id, 'acknowledged' FROM optout.acknowledgement),
        leaf AS (
            SELECT entry_id AS id, entry_index, convert_from(leaf, 'UTF8')::jsonb ->> 'kind' AS kind FROM ledger.leaf
            WHERE leaf IS NOT NULL)
        SELECT coalesce(a.id, l.id), max(l.entry_index), count(DISTINCT a.kind), count(l.id)
        FROM act a FULL JOIN (SELECT * FROM leaf WHERE kind IN ('recorded', 'reversed', 'acknowledged')) l ON l.id = a.id
        GROUP BY 1 HAVING count(a.id) <> 1 OR count(l.id) <> 1 OR min(a.kind) <> min(l.kind)
        LIMIT 1000
        """;

    private static readonly string Versions =
        $"""
        SELECT {RecordReader.Columns}, 0, 0, 0, 0, false, l.entry_index, l.leaf, o.subject_id, o.ciphertext
        FROM (SELECT * FROM optout.opt_out_version WHERE (opt_out_id, version) > ($1, $2)
              ORDER BY opt_out_id, version LIMIT {PageSize}) v
        LEFT JOIN LATERAL (SELECT entry_index, leaf FROM ledger.leaf WHERE entry_id = v.ledger_entry_id) l ON true
        LEFT JOIN ledger.opening o ON o.entry_id = v.ledger_entry_id
        ORDER BY v.opt_out_id, v.version
        """;

    public async Task<AuditReport> RunAsync(CancellationToken cancellationToken)
    {
        var report = new AuditReport();
        await FindUncoveredAsync(report, cancellationToken);
        var (after, version) = (Guid.Empty, 0);
        while (await ReadPageAsync(after, version, cancellationToken) is { Count: > 0 } page)
        {
            await CompareAsync(page, report, cancellationToken);
            (after, version) = (page[^1].Record.OptOutId, page[^1].Record.Version);
        }

        return report;
    }

    private async Task FindUncoveredAsync(AuditReport report, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        // The only statement that reads everything: it needs the joins that the others do without.
        await using (var settings = new NpgsqlCommand(
            "SET LOCAL enable_hashjoin = on; SET LOCAL enable_seqscan = on; SET LOCAL enable_mergejoin = on", connection))
            await settings.ExecuteNonQueryAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Uncovered, connection) { CommandTimeout = 0 };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var code = reader.GetInt64(3) == 0 ? LeafMissing : reader.GetInt64(2) == 0 ? ActMissing : LeafOfAnotherAct;
            report.Add(code, reader.IsDBNull(1) ? null : reader.GetInt64(1), reader.GetGuid(0));
        }
    }

    private async Task<List<Act>> ReadPageAsync(Guid after, int version, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Versions);
        command.Parameters.Add(Sql.Value(after));
        command.Parameters.Add(Sql.Value(version));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<Act> page = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            page.Add(new Act(
                RecordReader.Read(reader),
                reader.IsDBNull(22) ? null : reader.GetInt64(22),
                reader.IsDBNull(23) ? null : reader.GetFieldValue<byte[]>(23),
                reader.IsDBNull(24) ? null : reader.GetGuid(24),
                reader.IsDBNull(25) ? null : reader.GetFieldValue<byte[]>(25)));
        }

        return page;
    }

    private async Task CompareAsync(List<Act> page, AuditReport report, CancellationToken cancellationToken)
    {
        var subjects = page.Select(act => act.SubjectId).OfType<Guid>().Distinct().ToArray();
        var known = await keys.LoadAsync(subjects, cancellationToken);
        foreach (var act in page)
        {
            report.Read++;
            var id = act.Record.LedgerEntryId;
            var payload = RecordPayload.Of(act.Record);
            if (!SHA256.HashData(payload).AsSpan().SequenceEqual(act.Record.RecordHash))
                report.Add(RecordEdited, act.Index, id);
            if (act.Leaf is null || act.Ciphertext is null)
                continue;

            var leaf = LedgerLeaf.Parse(act.Leaf);
            if (leaf.Record != act.Record.OptOutId || leaf.Version != act.Record.Version)
                report.Add(LeafOfAnotherAct, act.Index, id);
            if (openings.Open(id, act.SubjectId, act.Ciphertext, known) is not { } opening
                || !Commitment.Opens(leaf.CommitmentHash.Span, opening.Nonce, opening.Payload))
                report.Add(OpeningDiffers, act.Index, id);
            else if (!opening.Payload.AsSpan().SequenceEqual(payload))
                report.Add(RecordEdited, act.Index, id);
        }
    }

    private sealed record Act(RecordState Record, long? Index, byte[]? Leaf, Guid? SubjectId, byte[]? Ciphertext);
}
