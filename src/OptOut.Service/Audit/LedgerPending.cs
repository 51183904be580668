using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit;

/// <summary>Writes leaves and openings in the transaction of the act they cover. Committed is durable; sequencing follows.</summary>
internal static class LedgerPending
{
    private const string InsertLeaves =
        "INSERT INTO ledger.pending (entry_id, leaf, leaf_hash) SELECT * FROM unnest($1, $2, $3)";

    private const string InsertOpenings =
        "INSERT INTO ledger.opening (entry_id, subject_id, ciphertext) SELECT * FROM unnest($1, $2, $3)";

    /// <summary>Adds the two statements to a batch that the caller runs.</summary>
    public static void AddTo(NpgsqlBatch batch, IReadOnlyList<LedgerEntry> entries)
    {
        if (entries.Count == 0)
            return;

        batch.BatchCommands.Add(Sql.Command(InsertLeaves,
            Sql.Uuids([.. entries.Select(e => e.Id)]),
            Sql.Byteas([.. entries.Select(e => e.Leaf)]),
            Sql.Byteas([.. entries.Select(e => e.LeafHash)])));
        var opened = entries.Where(e => e.Opening is not null).ToList();
        batch.BatchCommands.Add(Sql.Command(InsertOpenings,
            Sql.Uuids([.. opened.Select(e => e.Id)]),
            Sql.Uuids([.. opened.Select(e => e.SubjectId)]),
            Sql.Byteas([.. opened.Select(e => e.Opening)])));
    }

    /// <summary>For acts that have a transaction of their own.</summary>
    public static async Task InsertAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        IReadOnlyList<LedgerEntry> entries,
        CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        AddTo(batch, entries);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
