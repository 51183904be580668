using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Recovering;

/// <summary>A recovery as it stands.</summary>
internal sealed record RecoveryRow(
    Guid RecoveryId, string State, string? Code, DateTimeOffset RequestedAt, long? FromSize, long? ToSize, long Done,
    int Versions, int Erasures, DateTimeOffset? FinishedAt);

/// <summary>Asks for recoveries and follows them; the sequencing replica does them.</summary>
internal sealed class RecoveryRows(Databases databases)
{
    private const string Columns =
        "recovery_id, state, code, requested_at, from_size, to_size, done, versions, erasures, finished_at";

    public async Task AskAsync(Guid id, string actor, DateTimeOffset now, CancellationToken cancellationToken) =>
        await RunAsync(
            "INSERT INTO ledger.recovery (recovery_id, requested_by, requested_at) VALUES ($1, $2, $3)",
            cancellationToken, Sql.Value(id), Sql.Value(actor), Sql.Value(now));

    public Task<RecoveryRow?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        ReadAsync($"SELECT {Columns} FROM ledger.recovery WHERE recovery_id = $1", cancellationToken, Sql.Value(id));

    /// <summary>The one that is to be done now: asked for, or begun by a process that ended.</summary>
    public Task<RecoveryRow?> WantedAsync(CancellationToken cancellationToken) => ReadAsync(
        $"SELECT {Columns} FROM ledger.recovery WHERE finished_at IS NULL ORDER BY requested_at LIMIT 1", cancellationToken);

    public Task BeginAsync(Guid id, long from, long to, CancellationToken cancellationToken) => RunAsync(
        "UPDATE ledger.recovery SET state = 'running', from_size = coalesce(from_size, $2), to_size = $3, done = 0, versions = 0, erasures = 0 WHERE recovery_id = $1",
        cancellationToken, Sql.Value(id), Sql.Value(from), Sql.Value(to));

    public Task AdvanceAsync(Guid id, long done, int versions, int erasures, CancellationToken cancellationToken) => RunAsync(
        "UPDATE ledger.recovery SET done = $2, versions = versions + $3, erasures = erasures + $4 WHERE recovery_id = $1",
        cancellationToken, Sql.Value(id), Sql.Value(done), Sql.Value(versions), Sql.Value(erasures));

    public Task FailAsync(Guid id, string code, CancellationToken cancellationToken) => RunAsync(
        "UPDATE ledger.recovery SET state = 'failed', code = $2, finished_at = now() WHERE recovery_id = $1",
        cancellationToken, Sql.Value(id), Sql.Value(code));

    private async Task RunAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] values)
    {
        await using var command = databases.Main.CreateCommand(sql);
        command.Parameters.AddRange(values);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<RecoveryRow?> ReadAsync(
        string sql, CancellationToken cancellationToken, params NpgsqlParameter[] values)
    {
        await using var command = databases.Main.CreateCommand(sql);
        command.Parameters.AddRange(values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new RecoveryRow(
                reader.GetGuid(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2),
                reader.GetFieldValue<DateTimeOffset>(3), reader.IsDBNull(4) ? null : reader.GetInt64(4),
                reader.IsDBNull(5) ? null : reader.GetInt64(5), reader.GetInt64(6), reader.GetInt32(7), reader.GetInt32(8),
                reader.IsDBNull(9) ? null : reader.GetFieldValue<DateTimeOffset>(9))
            : null;
    }
}
