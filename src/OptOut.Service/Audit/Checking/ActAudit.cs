using System.Security.Cryptography;
using Npgsql;
using OptOut.Ledger;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Checking;

/// <summary>
/// Compares the acts with their leaves, in both directions: each act has exactly one leaf, each leaf its act, and what a row
/// says is what the leaf committed to. Without openings (an auditor without the keys) all but the last is compared.
/// </summary>
internal sealed class ActAudit(NpgsqlDataSource database, SealedOpenings? openings)
{
    public const string LeafMissing = "leaf_missing";
    public const string LeafTwice = "leaf_twice";
    public const string ActMissing = "act_missing";
    public const string LeafOfAnotherAct = "leaf_of_another_act";
    public const string RecordEdited = "record_edited";
    public const string RowEdited = "row_edited";
    public const string OpeningDiffers = "opening_differs";
    public const string OpeningMissing = "opening_missing";

    /// <summary>No fault: a kind of leaf that this build has no rule for.</summary>
    public const string NotCompared = "not_compared";

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

    public async Task<AuditReport> RunAsync(CancellationToken cancellationToken, IProgress<long>? progress = null)
    {
        var report = new AuditReport();
        await FindUncoveredAsync(report, cancellationToken);
        foreach (var acts in ComparedActs.All)
            await CompareAsync(acts, report, progress, cancellationToken);
        return report;
    }

    private async Task FindUncoveredAsync(AuditReport report, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        // The only statements that read everything: they need the joins that the others do without.
        await using (var settings = new NpgsqlCommand(
            "SET LOCAL enable_hashjoin = on; SET LOCAL enable_seqscan = on; SET LOCAL enable_mergejoin = on", connection))
            await settings.ExecuteNonQueryAsync(cancellationToken);
        var restored = await ReadRestoredAsync(connection, cancellationToken);
        await using (var command = new NpgsqlCommand(Uncovered, connection) { CommandTimeout = 0 })
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                var code = reader.GetInt64(3) == 0 ? LeafMissing : reader.GetInt64(2) == 0 ? ActMissing : LeafOfAnotherAct;
                Add(report, restored, code, reader.IsDBNull(1) ? null : reader.GetInt64(1), reader.GetGuid(0));
            }
        }

        await FindUnruledAsync(connection, restored, report, cancellationToken);
    }

    /// <summary>
    /// What a restored backup has forgotten, and a recovery could not put back, is known by its leaf alone: a `restored`
    /// leaf says which those are.
    /// </summary>
    private static async Task<List<(long From, long To)>> ReadRestoredAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        List<(long, long)> ranges = [];
        await using var command = new NpgsqlCommand(
            "SELECT from_size, to_size FROM ledger.recovery WHERE state = 'done'", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            ranges.Add((reader.GetInt64(0), reader.GetInt64(1)));
        return ranges;
    }

    private static void Add(
        AuditReport report, List<(long From, long To)> restored, string code, long? index, Guid? entryId)
    {
        if (code is ActMissing or RowEdited && index is { } place && restored.Exists(r => place >= r.From && place < r.To))
            report.Forgotten++;
        else
            report.Add(code, index, entryId);
    }

    private static async Task FindUnruledAsync(
        NpgsqlConnection connection, List<(long From, long To)> restored, AuditReport report,
        CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ActRules.Statement, connection) { CommandTimeout = 0 };
        command.Parameters.Add(Sql.Texts(ActRules.Joined));
        command.Parameters.Add(Sql.Texts(ActRules.Ruled));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetString(0) == NotCompared)
                report.KindsNotCompared++;
            else
                Add(report, restored, reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetInt64(1),
                    reader.IsDBNull(2) ? null : reader.GetGuid(2));
        }
    }

    private async Task CompareAsync(
        ComparedActs acts, AuditReport report, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var (after, number) = (Guid.Empty, -1L);
        while (await ReadPageAsync(acts, after, number, cancellationToken) is { Count: > 0 } page)
        {
            var opened = openings is null ? null : await openings.OpenAsync([.. page.Select(act => act.Sealed)], cancellationToken);
            for (var i = 0; i < page.Count; i++)
                Compare(page[i], opened is null, opened?[i], report);
            (after, number) = (page[^1].Position, page[^1].Number);
            report.Read += page.Count;
            progress?.Report(report.Read);
        }
    }

    private async Task<List<ComparedAct>> ReadPageAsync(
        ComparedActs acts, Guid after, long number, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(acts.Page);
        command.Parameters.Add(Sql.Value(after));
        command.Parameters.Add(Sql.Value(number));
        command.Parameters.Add(Sql.Value(PageSize));
        command.Parameters.Add(Sql.Texts(ActRules.Joined));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<ComparedAct> page = [];
        while (await reader.ReadAsync(cancellationToken))
            page.Add(acts.Read(reader));
        return page;
    }

    private static void Compare(ComparedAct act, bool isClosed, PlainOpening? opening, AuditReport report)
    {
        if (act.RecordHash is not null && !SHA256.HashData(act.Payload!).AsSpan().SequenceEqual(act.RecordHash))
            report.Add(RecordEdited, act.Index, act.EntryId);
        // A leaf that is not there is reported by the joins, one that was emptied by its `redacted` leaf.
        if (act.Leaf is null)
            return;

        var leaf = LedgerLeaf.Parse(act.Leaf);
        if (act.Record is { } record && (leaf.Record != record || leaf.Version != act.Version))
            report.Add(LeafOfAnotherAct, act.Index, act.EntryId);
        if (act.Sealed is null && !act.IsErased)
            report.Add(OpeningMissing, act.Index, act.EntryId);
        if (isClosed || act.Sealed is null)
            return;

        // Written after the key was destroyed, by a process that still held it: nobody can read it.
        if (opening is null && act.IsErased)
            return;
        if (opening is null || !Commitment.Opens(leaf.CommitmentHash.Span, opening.Nonce, opening.Payload))
            report.Add(OpeningDiffers, act.Index, act.EntryId);
        else if (act.Payload is not null && !opening.Payload.AsSpan().SequenceEqual(act.Payload))
            report.Add(RecordEdited, act.Index, act.EntryId);
    }
}
