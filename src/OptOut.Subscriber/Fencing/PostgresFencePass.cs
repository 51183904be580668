using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using OptOut.Contracts;
using OptOut.Contracts.Json;

namespace OptOut.Subscriber.Fencing;

/// <summary>An open transaction that holds the lock of one opt-out.</summary>
internal sealed class PostgresFencePass(
    NpgsqlConnection connection,
    NpgsqlTransaction transaction,
    (string System, string OptOutId) key,
    FencedVersion? last) : IFencePass
{
    // The WHERE is the fence itself: even a caller without the lock cannot go back.
    private const string SettleSql =
        """
        INSERT INTO optout_fence AS f (system, opt_out_id, version, record_hash, outcome, applied_at, actions, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (system, opt_out_id) DO UPDATE
        SET version = excluded.version, record_hash = excluded.record_hash, outcome = excluded.outcome,
            applied_at = excluded.applied_at, actions = excluded.actions, reason = excluded.reason
        WHERE f.version <= excluded.version
        """;

    public FencedVersion? Last => last;

    public async ValueTask SettleAsync(FencedVersion version, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(SettleSql, connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.System });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.OptOutId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = version.Version });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = version.RecordHash });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = WireNames.Of(version.Outcome) });
        command.Parameters.Add(Nullable(version.AppliedAt, NpgsqlDbType.TimestampTz));
        command.Parameters.Add(Nullable(Write(version.Actions), NpgsqlDbType.Jsonb));
        command.Parameters.Add(Nullable(version.Reason, NpgsqlDbType.Text));
        if (await command.ExecuteNonQueryAsync(cancellationToken) != 1)
            throw new InvalidOperationException("A newer version is already settled.");
        await transaction.CommitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }

    internal static FencedVersion Read(NpgsqlDataReader row) => new(
        row.GetInt32(0),
        row.GetString(1),
        WireNames.TryParse(row.GetString(2), out AcknowledgementOutcome outcome)
            ? outcome
            : throw new InvalidOperationException("The fence holds an outcome that is none."),
        row.IsDBNull(3) ? null : row.GetFieldValue<DateTimeOffset>(3),
        JsonSerializer.Deserialize(row.GetString(4), ContractsJson.Default.IReadOnlyListAcknowledgementAction)!,
        row.IsDBNull(5) ? null : row.GetString(5));

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static string Write(IReadOnlyList<AcknowledgementAction> actions) =>
        JsonSerializer.Serialize(actions, ContractsJson.Default.IReadOnlyListAcknowledgementAction);
}
