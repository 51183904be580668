using Npgsql;
using OptOut.Ledger.Tree;
using OptOut.Service.Audit.Recovering;
using OptOut.Service.Audit.Witnessing;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Sequencing;

/// <summary>
/// Keeps the ledger going on one replica at a time: a session lock on a connection of its own, on which all writing
/// happens. When the holder's session ends, by whatever cause, another replica has the lock within a second or two.
/// </summary>
internal sealed partial class SequencingService(
    DatabaseOptions options,
    Databases databases,
    LedgerRows rows,
    CheckpointComparison comparison,
    WitnessDesk witnesses,
    ArchiveWriter archive,
    LedgerRecovery recovery,
    LedgerKeys keys,
    LedgerSettings settings,
    LedgerStatus status,
    TimeProvider clock,
    ILogger<SequencingService> logger) : BackgroundService
{
    private const string TryLock = "SELECT pg_try_advisory_lock(7266, 4)";

    /// <summary>How often waiting leaves are looked for: one short statement by index.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Checkpoints are at least this far apart, so that each covers many leaves.</summary>
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>After an incident everything is compared again this often: the cause may have been removed.</summary>
    private static readonly TimeSpan IncidentInterval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!keys.CanSign)
        {
            LogNoKey();
            return;
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await HoldAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogLost(exception.GetType().Name);
            }
            finally
            {
                status.IsHolder = false;
            }

            await Task.Delay(RetryInterval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task HoldAsync(CancellationToken stoppingToken)
    {
        await using var connection = await OpenAsync(stoppingToken);
        while (!await TryLockAsync(connection, stoppingToken))
            await Task.Delay(RetryInterval, clock, stoppingToken);

        status.IsHolder = true;
        LogAcquired();
        while (true)
        {
            try
            {
                await SequenceAsync(connection, stoppingToken);
            }
            catch (LedgerIncidentException incident)
            {
                if (status.Incident != incident.Code)
                    LogIncident(incident.Code);
                status.Incident = incident.Code;
                await StandingWatch.RaiseAsync(databases, incident.Code, stoppingToken);
            }

            // The lock is kept: another replica, which may not see what this one sees, must not go on either.
            await AwaitRecoveryAsync(connection, stoppingToken);
        }
    }

    /// <summary>Where the database is behind, a recovery that is asked for is done here, where nobody else sequences.</summary>
    private async Task AwaitRecoveryAsync(NpgsqlConnection connection, CancellationToken stoppingToken)
    {
        var isBehind = status.Incident is LedgerIncidentException.PublishedAhead or LedgerIncidentException.WitnessAhead;
        for (var waited = TimeSpan.Zero; waited < IncidentInterval; waited += RetryInterval)
        {
            await Task.Delay(RetryInterval, clock, stoppingToken);
            if (isBehind
                && await recovery.TryRunAsync(connection, await ReadHeadAsync(connection, stoppingToken), stoppingToken))
                return;
        }
    }

    private async Task SequenceAsync(NpgsqlConnection connection, CancellationToken stoppingToken)
    {
        var publisher = new LedgerPublisher(rows, comparison, keys, settings, archive, status, clock);
        var head = await publisher.StartAsync(await ReadHeadAsync(connection, stoppingToken), stoppingToken);
        status.Witnessed = null;
        await witnesses.CompareAsync(stoppingToken);
        status.Incident = null;
        await StandingWatch.RaiseAsync(databases, null, stoppingToken);
        var sequencer = new Sequencer(connection, head);
        long? publishedAt = null;
        var cosignatures = status.Cosignatures;
        while (true)
        {
            if (status.Witnessed is { } against)
                throw new LedgerIncidentException(against);
            var taken = await sequencer.TakeAsync(stoppingToken);
            if ((publishedAt is not { } last || clock.GetElapsedTime(last) >= CheckpointInterval)
                && await publisher.PublishAsync(connection, sequencer.Range, stoppingToken))
                publishedAt = clock.GetTimestamp();
            if (cosignatures != status.Cosignatures)
            {
                cosignatures = status.Cosignatures;
                await publisher.RepublishAsync(stoppingToken);
            }

            if (taken < Sequencer.MaxBatch)
                await Task.Delay(LookInterval, clock, stoppingToken);
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var login = Databases.Harden(options.Sequencer, "optout-sequencer");
        login.Pooling = false;
        login.Options = Databases.SessionSettings + " " + Databases.HolderSettings;
        var connection = new NpgsqlConnection(login.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> TryLockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(TryLock, connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<CompactRange> ReadHeadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT size, edge FROM ledger.head", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        try
        {
            return new CompactRange(reader.GetInt64(0), reader.GetFieldValue<byte[][]>(1));
        }
        catch (ArgumentException)
        {
            throw new LedgerIncidentException(LedgerIncidentException.HeadDiffers);
        }
    }

    [LoggerMessage(601, LogLevel.Information, "This replica sequences the ledger")]
    private partial void LogAcquired();

    [LoggerMessage(602, LogLevel.Warning, "The ledger's session was lost or could not write ({ErrorType}); it is tried again")]
    private partial void LogLost(string errorType);

    [LoggerMessage(603, LogLevel.Critical, "Ledger incident {Code}: nothing is sequenced or published until it is resolved")]
    private partial void LogIncident(string code);

    [LoggerMessage(604, LogLevel.Warning, "OptOut__LedgerKeyFile is not set: leaves are kept and wait, nothing is sequenced")]
    private partial void LogNoKey();
}
