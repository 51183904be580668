using Npgsql;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Enforcement.Decisions;

/// <summary>One caller's decisions that are stored together, under one leaf.</summary>
internal sealed record DecisionChunk(string AskedBy, IReadOnlyList<DecisionDraft> Drafts);

/// <summary>Writes chunks of decisions with their leaves in one transaction.</summary>
internal sealed class DecisionStore(Databases databases, SecretBox secrets, TimeProvider clock)
{
    /// <summary>Decisions under one leaf.</summary>
    public const int ChunkLimit = 10_000;

    private const int Retries = 3;

    private const string Insert =
        """
        INSERT INTO optout.decision (decision_id, opt_out_id, version, purpose, channel, outcome, mode, at, effective_from,
            recorded_at, asked_by, message_id, ledger_entry_id, place)
        SELECT i, o, v, p, c, u, m, t, f, $10, a, x, l, n
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $11, $12, $13, $14) AS d(i, o, v, p, c, u, m, t, f, a, x, l, n)
        """;

    private const string Known =
        """
        SELECT w.asked_by, w.message_id, w.opt_out_id, w.outcome
        FROM unnest($1, $2, $3, $4) AS w(asked_by, message_id, opt_out_id, outcome) CROSS JOIN LATERAL (
            SELECT FROM optout.decision d WHERE d.asked_by = w.asked_by AND d.message_id = w.message_id
            AND d.opt_out_id = w.opt_out_id AND d.outcome = w.outcome OFFSET 0) d
        """;

    /// <summary>For each draft of each chunk its id, or null where the same report is stored already.</summary>
    public async Task<IReadOnlyList<Guid?[]>> StoreAsync(
        IReadOnlyList<DecisionChunk> chunks, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryStoreAsync(chunks, cancellationToken);
            }
            catch (PostgresException exception)
                when (exception.SqlState == PostgresErrorCodes.UniqueViolation && attempt < Retries)
            {
                // Another replica took the same report meanwhile; now it is known.
            }
        }
    }

    private async Task<IReadOnlyList<Guid?[]>> TryStoreAsync(
        IReadOnlyList<DecisionChunk> chunks, CancellationToken cancellationToken)
    {
        var now = Milliseconds.Truncate(clock.GetUtcNow());
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var known = await KnownAsync(connection, transaction, chunks, cancellationToken);
        var results = new List<Guid?[]>(chunks.Count);
        var rows = new List<(DecisionRow Row, Guid Leaf, int Place)>();
        var leaves = new List<LedgerEntry>();
        foreach (var chunk in chunks)
        {
            var ids = new Guid?[chunk.Drafts.Count];
            results.Add(ids);
            // One moment has many ids: in their order, lists keep the order of the request.
            Guid[] inOrder = [.. ids.Select(_ => Guid.CreateVersion7(now)).Order()];
            var fresh = new List<DecisionRow>(ids.Length);
            for (var i = 0; i < ids.Length; i++)
            {
                var draft = chunk.Drafts[i];
                if (draft.MessageId is not null && !known.Add(Report.Of(chunk.AskedBy, draft)))
                    continue;
                var id = inOrder[i];
                ids[i] = id;
                fresh.Add(new DecisionRow(id, draft, Milliseconds.Truncate(draft.At ?? now), now, chunk.AskedBy));
            }

            if (fresh.Count == 0)
                continue;
            var leaf = DecisionLeaf.Of(fresh, chunk.AskedBy, secrets, now);
            leaves.Add(leaf);
            rows.AddRange(fresh.Select((row, place) => (row, leaf.Id, place)));
        }

        if (rows.Count > 0)
        {
            await using var batch = new NpgsqlBatch(connection, transaction);
            AddRows(batch, rows, now);
            LedgerPending.AddTo(batch, leaves);
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return results;
    }

    private static async Task<HashSet<Report>> KnownAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<DecisionChunk> chunks,
        CancellationToken cancellationToken)
    {
        var reports = chunks
            .SelectMany(c => c.Drafts.Where(d => d.MessageId is not null).Select(d => Report.Of(c.AskedBy, d))).ToList();
        var known = new HashSet<Report>();
        if (reports.Count == 0)
            return known;

        await using var command = new NpgsqlCommand(Known, connection, transaction);
        command.Parameters.Add(Sql.Texts([.. reports.Select(r => r.AskedBy)]));
        command.Parameters.Add(Sql.Texts([.. reports.Select(r => r.MessageId)]));
        command.Parameters.Add(Sql.Uuids([.. reports.Select(r => r.OptOutId)]));
        command.Parameters.Add(Sql.Texts([.. reports.Select(r => r.Outcome)]));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            known.Add(new Report(reader.GetString(0), reader.GetString(1), reader.GetGuid(2), reader.GetString(3)));
        return known;
    }

    private static void AddRows(
        NpgsqlBatch batch, List<(DecisionRow Row, Guid Leaf, int Place)> rows, DateTimeOffset now) =>
        batch.BatchCommands.Add(Sql.Command(Insert,
            Sql.Uuids([.. rows.Select(r => r.Row.Id)]),
            Sql.Uuids([.. rows.Select(r => r.Row.Draft.Covering.OptOutId)]),
            Sql.Integers([.. rows.Select(r => r.Row.Draft.Covering.Version)]),
            Sql.Texts([.. rows.Select(r => r.Row.Draft.Asked.Purpose)]),
            Sql.Texts([.. rows.Select(r => r.Row.Draft.Asked.Channel)]),
            Sql.Texts([.. rows.Select(r => r.Row.Draft.Outcome)]),
            Sql.Texts([.. rows.Select(r => r.Row.Draft.Mode)]),
            Sql.Times([.. rows.Select(r => r.Row.At)]),
            Sql.Times([.. rows.Select(r => r.Row.Draft.Covering.EffectiveFrom)]),
            Sql.Value(now),
            Sql.Texts([.. rows.Select(r => r.Row.AskedBy)]),
            Sql.Texts([.. rows.Select(r => r.Row.Draft.MessageId)]),
            Sql.Uuids([.. rows.Select(r => r.Leaf)]),
            Sql.Integers([.. rows.Select(r => r.Place)])));

    /// <summary>What makes two reports the same.</summary>
    private readonly record struct Report(string AskedBy, string MessageId, Guid OptOutId, string Outcome)
    {
        public static Report Of(string askedBy, DecisionDraft draft) =>
            new(askedBy, draft.MessageId!, draft.Covering.OptOutId, draft.Outcome);
    }
}
