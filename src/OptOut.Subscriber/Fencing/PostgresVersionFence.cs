using Npgsql;

namespace OptOut.Subscriber.Fencing;

/// <summary>
/// The fence for systems that have a PostgreSQL. One opt-out is worked on by one process at a time, held by a lock that
/// ends with the connection: a crashed process blocks nobody.
/// </summary>
public sealed class PostgresVersionFence(NpgsqlDataSource database) : IVersionFence
{
    /// <summary>
    /// The table, for teams whose migrations run under another login than the application. Made at first use where it is
    /// missing and the login may.
    /// </summary>
    public const string TableSql =
        """
        CREATE TABLE IF NOT EXISTS optout_fence (
            system      text        NOT NULL,
            opt_out_id  text        NOT NULL,
            version     integer     NOT NULL CHECK (version > 0),
            record_hash text        NOT NULL,
            outcome     text        NOT NULL,
            applied_at  timestamptz,
            actions     jsonb       NOT NULL,
            reason      text,
            PRIMARY KEY (system, opt_out_id)
        )
        """;

    private const string ExistsSql = "SELECT to_regclass('optout_fence') IS NOT NULL";

    // Two processes that make the table at once would collide in the catalogue.
    private const string MakeLockSql = "SELECT pg_advisory_xact_lock(7306923190546165)";

    // The lock comes in a statement of its own: the read after it then sees what the last holder committed.
    private const string LockSql = "SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))";

    private const string ReadSql =
        """
        SELECT version, record_hash, outcome, applied_at, actions::text, reason
        FROM optout_fence WHERE system = $1 AND opt_out_id = $2
        """;

    // Also bounds the wait for another process that works on the same opt-out.
    private const int CommandTimeoutSeconds = 30;

    private volatile bool _made;

    /// <inheritdoc />
    public async ValueTask<IFencePass> EnterAsync(string system, string optOutId, CancellationToken cancellationToken)
    {
        if (!_made) await MakeAsync(cancellationToken);
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using var batch = new NpgsqlBatch(connection, transaction) { Timeout = CommandTimeoutSeconds };
            foreach (var sql in (string[])[LockSql, ReadSql])
            {
                var command = new NpgsqlBatchCommand(sql);
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = system });
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = optOutId });
                batch.BatchCommands.Add(command);
            }

            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            var last = await reader.ReadAsync(cancellationToken) ? PostgresFencePass.Read(reader) : null;
            return new PostgresFencePass(connection, transaction, (system, optOutId), last);
        }
        catch
        {
            // Closing ends the transaction, and with it the lock.
            await connection.DisposeAsync();
            throw;
        }
    }

    // Callers that come here at once wait for each other in the database, and all but one find the table made.
    private async Task MakeAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var lockCommand = new NpgsqlCommand(MakeLockSql, connection, transaction);
        await lockCommand.ExecuteNonQueryAsync(cancellationToken);
        await using var exists = new NpgsqlCommand(ExistsSql, connection, transaction);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            await using var make = new NpgsqlCommand(TableSql, connection, transaction);
            await make.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        _made = true;
    }
}
