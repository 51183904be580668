using Npgsql;
using OptOut.Service.Platform.Background;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Enforcement.Importing;

/// <summary>
/// Works files piece by piece through the one write path. A piece that was recorded and not marked done, because the process
/// ended between the two, is answered again from its stored answer: no stop is written twice.
/// </summary>
internal sealed partial class ImportWorker(
    Databases databases, ImportStore store, ImportPieces pieces, ImportSignal signal, TimeProvider clock,
    ILogger<ImportWorker> logger)
    : PagedWorker(signal, Idle, clock)
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(2);

    // One process works a file at a time; the lock goes with the connection, so a process that dies leaves it.
    private const string Claim =
        $"""
        SELECT {ImportStore.Columns} FROM optout.import_job j WHERE finished_at IS NULL AND state = 'running'
            AND pg_try_advisory_xact_lock(7273, hashtext(import_id::text))
        ORDER BY requested_at LIMIT 1
        """;

    private const string NextChunk =
        """
        SELECT chunk, sealed FROM optout.import_chunk WHERE import_id = $1 AND sealed IS NOT NULL ORDER BY chunk LIMIT 1
        """;

    private const string EndChunk =
        "UPDATE optout.import_chunk SET sealed = NULL, results = $3 WHERE import_id = $1 AND chunk = $2";

    private const string Progress =
        """
        UPDATE optout.import_job SET chunks_done = chunks_done + $2, created = created + $3, repeated = repeated + $4,
            rejected = rejected + $5,
            state = CASE WHEN chunks_done + $2 >= chunks THEN 'finished' ELSE state END,
            finished_at = CASE WHEN chunks_done + $2 >= chunks THEN now() END
        WHERE import_id = $1
        """;

    private const string Sweep =
        """
        WITH gone AS (
            UPDATE optout.import_job SET finished_at = now(),
                state = CASE state WHEN 'receiving' THEN 'failed' ELSE 'refused' END,
                reason_code = CASE state WHEN 'receiving' THEN 'upload_interrupted' ELSE 'approval_expired' END,
                idempotency_key = CASE state WHEN 'receiving' THEN idempotency_key || ':' || import_id ELSE idempotency_key END
            WHERE finished_at IS NULL AND ((state = 'receiving' AND requested_at < now() - interval '6 hours')
                OR (state = 'awaiting_approval' AND requested_at < now() - interval '31 hours'))
            RETURNING import_id)
        DELETE FROM optout.import_chunk c USING gone WHERE c.import_id = gone.import_id
        """;

    protected override async Task<int> RoundAsync(CancellationToken cancellationToken)
    {
        await using (var sweep = databases.Main.CreateCommand(Sweep))
            await sweep.ExecuteNonQueryAsync(cancellationToken);
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await ClaimAsync(connection, transaction, cancellationToken) is not { } job)
            return 0;

        var results = new List<RowResult>();
        if (await NextAsync(connection, transaction, job, cancellationToken) is var (chunk, sealedRows))
        {
            var rows = store.Open(job.Id, chunk, sealedRows);
            results = job.Settings.DryRun
                ? await pieces.TryAsync(job, rows, cancellationToken)
                : await pieces.RecordAsync(job, chunk, sealedRows, rows, cancellationToken);
            await using var end = new NpgsqlCommand(EndChunk, connection, transaction);
            end.Parameters.Add(Sql.Value(job.Id));
            end.Parameters.Add(Sql.Value(chunk));
            end.Parameters.Add(Sql.Value(RowResult.ToBytes(results)));
            await end.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var progress = new NpgsqlCommand(Progress, connection, transaction);
        progress.Parameters.Add(Sql.Value(job.Id));
        progress.Parameters.Add(Sql.Value(results.Count > 0 ? 1 : 0));
        progress.Parameters.Add(Sql.Value(results.LongCount(r => r.Status is RowStatus.Created or RowStatus.WouldCreate)));
        progress.Parameters.Add(Sql.Value(results.LongCount(r => r.Status is RowStatus.Repeated or RowStatus.WouldRepeat)));
        progress.Parameters.Add(Sql.Value(results.LongCount(r => r.IsRejected)));
        await progress.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return 1;
    }

    protected override void LogFailed(Exception exception) =>
        LogNotWorked(exception.GetType().Name, (exception as PostgresException)?.SqlState);

    private static async Task<ImportJob?> ClaimAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Claim, connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ImportStore.Read(reader) : null;
    }

    private static async Task<(int Chunk, byte[] Sealed)?> NextAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, ImportJob job, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(NextChunk, connection, transaction);
        command.Parameters.Add(Sql.Value(job.Id));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt32(0), reader.GetFieldValue<byte[]>(1)) : null;
    }

    [LoggerMessage(721, LogLevel.Warning, "A piece of an import could not be worked now: {ErrorType} {SqlState}")]
    private partial void LogNotWorked(string errorType, string? sqlState);
}
