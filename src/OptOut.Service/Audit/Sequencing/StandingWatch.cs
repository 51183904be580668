using Npgsql;
using OptOut.Service.Audit.Witnessing;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Sequencing;

/// <summary>
/// Compares the database with what was published, on every replica: before the first request is answered, and then all
/// the time, for a backup may be restored under a running process. What the sequencing replica found is read from the
/// database, so that a replica without the directory holds to it too.
/// </summary>
internal sealed partial class StandingWatch(
    Databases databases,
    CheckpointComparison comparison,
    WitnessDesk witnesses,
    LedgerKeys keys,
    LedgerSettings settings,
    LedgerStanding standing,
    TimeProvider clock,
    ILogger<StandingWatch> logger) : BackgroundService
{
    private const string Look =
        "SELECT (SELECT size FROM ledger.head), (SELECT incident FROM ledger.standing)";

    private const string Raise =
        "UPDATE ledger.standing SET incident = $1, since = now() WHERE incident IS DISTINCT FROM $1";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly TileDirectory? _directory = settings.Directory is { } path ? new TileDirectory(path) : null;

    private byte[] _compared = [];
    private bool _askedWitnesses;
    private long _highest;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CompareAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await CompareAsync(stoppingToken);
    }

    /// <summary>Tells every replica, and those that start later, what the sequencing one found; null: nothing any more.</summary>
    public static async Task RaiseAsync(Databases databases, string? incident, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Raise);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)incident ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task CompareAsync(CancellationToken cancellationToken)
    {
        try
        {
            Take(await FindDoubtAsync(cancellationToken));
        }
        catch (LedgerIncidentException incident)
        {
            Take(incident.Code);
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or UnauthorizedAccessException)
        {
            // Nothing new is known: what was known stands, and a process that has just started knows nothing.
            LogCannotCompare(exception.GetType().Name);
        }
    }

    private async Task<string?> FindDoubtAsync(CancellationToken cancellationToken)
    {
        // The file first: the rows that it speaks of are committed before it is written.
        var published = keys.CanSign ? _directory?.ReadCheckpoint() : null;
        var (size, incident) = await ReadAsync(cancellationToken);
        if (size < _highest)
            return LedgerIncidentException.PublishedAhead;
        _highest = size;
        if (published is not null && !published.AsSpan().SequenceEqual(_compared))
        {
            await comparison.VerifyAsync(published, size, cancellationToken);
            _compared = published;
        }

        if (!_askedWitnesses && keys.CanSign)
            await witnesses.CompareAsync(cancellationToken);
        _askedWitnesses = true;
        return incident;
    }

    private async Task<(long Size, string? Incident)> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Look);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetString(1));
    }

    private void Take(string? doubt)
    {
        if (doubt is not null && standing.Doubt != doubt)
            LogNotCurrent(doubt);
        standing.Set(doubt);
    }

    [LoggerMessage(605, LogLevel.Critical, "This database is not provably current ({Code}): checks are answered unknown")]
    private partial void LogNotCurrent(string code);

    [LoggerMessage(606, LogLevel.Warning, "The ledger's standing could not be compared now ({ErrorType})")]
    private partial void LogCannotCompare(string errorType);
}
