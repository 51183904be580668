using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Witnessing;

/// <summary>The newest cosignature of one witness.</summary>
internal sealed record NewestCosignature(string Witness, long Size, DateTimeOffset CosignedAt);

/// <summary>The cosignatures that were given to checkpoints of ours.</summary>
internal sealed class WitnessRows(Databases databases)
{
    private const string Insert =
        """
        INSERT INTO ledger.cosignature (size, witness, line, cosigned_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (size, witness) DO NOTHING
        """;

    private const string Newest =
        """
        SELECT w.name, c.size, c.cosigned_at FROM unnest($1) AS w(name)
        CROSS JOIN LATERAL (SELECT size, cosigned_at FROM ledger.cosignature
                            WHERE witness = w.name ORDER BY size DESC LIMIT 1) c
        """;

    public async Task AddAsync(
        long size, string witness, string line, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Insert);
        NpgsqlParameter[] values = [Sql.Value(size), Sql.Value(witness), Sql.Value(line), Sql.Value(now)];
        command.Parameters.AddRange(values);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<IReadOnlyDictionary<string, NewestCosignature>> NewestAsync(
        IEnumerable<string> witnesses, CancellationToken cancellationToken)
    {
        Dictionary<string, NewestCosignature> found = new(StringComparer.Ordinal);
        await using var command = databases.Main.CreateCommand(Newest);
        command.Parameters.Add(Sql.Texts([.. witnesses]));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            found[reader.GetString(0)] = new NewestCosignature(
                reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2));
        return found;
    }
}
