using System.Security.Cryptography;
using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Platform.Keys;

/// <summary>
/// Compares the ring with the keys that the database was written under: before the first answer, and then all the time,
/// for another replica may begin a new key. Without one of them a stop is not found, and would be answered with go.
/// </summary>
internal sealed partial class MasterKeyWatch(
    Databases databases, KeyRing ring, TimeProvider clock, ILogger<MasterKeyWatch> logger)
    : BackgroundService, IReadinessCheck
{
    private const string Look = "SELECT key_id, proof FROM optout.master_key";

    // Two processes with a key of their own each must not both find an empty database.
    private const string AwaitOthers = "SELECT pg_advisory_xact_lock(7266, 5)";

    private const string Enter =
        "INSERT INTO optout.master_key (key_id, proof) VALUES ($1, $2) ON CONFLICT DO NOTHING";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private volatile bool _isComplete;

    /// <summary>False until the ring was compared, and from when it lacks a key until it has it again.</summary>
    public bool IsComplete => _isComplete;

    public string Name => "master_keys";

    public ValueTask<ReadinessResult> CheckAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_isComplete
        ? ReadinessResult.Ok()
        : ReadinessResult.Failed("The key ring lacks a key that this database was written under."));

    /// <summary>Whether a database, migrated or not, was written under a key: then a new ring is no ring of it.</summary>
    public static async Task<bool> IsInUseAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellationToken);
        await using var exists = new NpgsqlCommand("SELECT to_regclass('optout.master_key') IS NOT NULL", connection);
        if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
            return false;
        await using var any = new NpgsqlCommand($"SELECT EXISTS ({Look})", connection);
        return (bool)(await any.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Refuses the start with a ring that is not this database's; else writes down the key in use.</summary>
    /// <exception cref="KeyRingException">With the ids of the keys that are missing, or are other ones.</exception>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var wait = new NpgsqlCommand(AwaitOthers, connection, transaction))
            await wait.ExecuteNonQueryAsync(cancellationToken);
        var faults = await FaultsAsync(connection, cancellationToken);
        if (faults.Count > 0)
            throw new KeyRingException(faults);

        await using (var enter = new NpgsqlCommand(Enter, connection, transaction))
        {
            enter.Parameters.Add(Sql.Value(ring.CurrentId));
            enter.Parameters.Add(new NpgsqlParameter { Value = ProofOf(ring.CurrentId) });
            await enter.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        _isComplete = true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await using var connection = await databases.Main.OpenConnectionAsync(stoppingToken);
                var isComplete = (await FaultsAsync(connection, stoppingToken)).Count == 0;
                if (_isComplete && !isComplete)
                    LogIncomplete();
                _isComplete = isComplete;
            }
            catch (NpgsqlException exception)
            {
                // Nothing new is known: what was known stands.
                LogCannotCompare(exception.SqlState);
            }
        }
    }

    private async Task<List<string>> FaultsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var faults = new List<string>();
        await using var command = new NpgsqlCommand(Look, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetString(0);
            if (!ring.Knows(id))
                faults.Add($"it lacks the key {id}, under which this database was written");
            else if (!reader.IsDBNull(1)
                && !CryptographicOperations.FixedTimeEquals(reader.GetFieldValue<byte[]>(1), ProofOf(id)))
                faults.Add($"its key {id} is not the one under which this database was written");
        }

        return faults;
    }

    /// <summary>Of a text without a zero byte, which every hashed identifier has.</summary>
    private byte[] ProofOf(string id)
    {
        var proof = new byte[KeyRing.HashBytes];
        ring.Hmac(KeyUse.Lookup, id, "optout.master-key/1"u8, proof);
        return proof;
    }

    [LoggerMessage(120, LogLevel.Critical,
        "The key ring lacks a key that this database was written under: checks are answered unknown")]
    private partial void LogIncomplete();

    [LoggerMessage(121, LogLevel.Warning, "The key ring could not be compared with the database now ({SqlState})")]
    private partial void LogCannotCompare(string? sqlState);
}
