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

        var ids = new Guid[entries.Count];
        var leaves = new byte[entries.Count][];
        var hashes = new byte[entries.Count][];
        var subjects = new Guid?[entries.Count];
        var openings = new byte[entries.Count][];
        for (var i = 0; i < entries.Count; i++)
            (ids[i], leaves[i], hashes[i], subjects[i], openings[i]) = entries[i];

        batch.BatchCommands.Add(Sql.Command(InsertLeaves, Sql.Uuids(ids), Sql.Byteas(leaves), Sql.Byteas(hashes)));
        batch.BatchCommands.Add(Sql.Command(InsertOpenings, Sql.Uuids(ids), Sql.Uuids(subjects), Sql.Byteas(openings)));
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
