using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Propagation;

/// <summary>
/// Which parts of the work this process owns: session-level advisory locks on a connection of its own, so that the
/// database frees a dead replica's parts with its session. Replicas share the parts evenly; a part is given up only
/// when nothing of it is in flight. Other replicas' commits are heard of on the same connection.
/// </summary>
internal sealed partial class PartitionOwnership(
    DatabaseOptions options, DispatchSignal dispatch, TimeProvider clock, ILogger<PartitionOwnership> logger)
    : BackgroundService
{
    public const string WakeChannel = "optout_dispatch";
    private const string ApplicationName = "optout-parts";
    private const int LockClass = 7267;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private const string CountReplicas =
        $"SELECT count(*)::int FROM pg_stat_activity WHERE application_name = '{ApplicationName}' AND datname = current_database()";

    private readonly Lock _lock = new();
    private readonly HashSet<short> _owned = [];
    private readonly HashSet<short> _leaving = [];
    private readonly int[] _inFlight = new int[Partition.Count];

    /// <summary>True where other replicas own parts too, so that they must hear of our commits.</summary>
    public bool HasPeers { get; private set; }

    /// <summary>
    /// The parts owned now, or those of them that are asked for. They stay ours until the lease is disposed; one that
    /// another replica waits for is not lent any more, or under load it would never be free.
    /// </summary>
    public PartitionLease Enter(Predicate<short>? which = null)
    {
        lock (_lock)
            return Lend([.. _owned.Where(part => !_leaving.Contains(part) && (which is null || which(part)))]);
    }

    /// <summary>Keeps one part of a lease that is still held, for work that outlives the lease.</summary>
    public PartitionLease Hold(short part)
    {
        lock (_lock)
            return Lend([part]);
    }

    private PartitionLease Lend(short[] parts)
    {
        foreach (var part in parts)
            _inFlight[part]++;
        return new PartitionLease(this, parts);
    }

    internal void Leave(IReadOnlyList<short> parts)
    {
        lock (_lock)
        {
            foreach (var part in parts)
                _inFlight[part]--;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await OwnAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it was, the session is gone and with it the parts: a new one a second later.
                LogLost(exception.GetType().Name);
            }
            finally
            {
                lock (_lock)
                {
                    _owned.Clear();
                    _leaving.Clear();
                }
            }

            await Task.Delay(Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task OwnAsync(CancellationToken stoppingToken)
    {
        var settings = Databases.Harden(options.Service, ApplicationName);
        settings.Pooling = false;
        settings.CommandTimeout = 3;
        settings.KeepAlive = 2;
        settings.Options = Databases.HolderSettings;
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        connection.Notification += (_, _) => dispatch.WakeLocal();
        await connection.OpenAsync(stoppingToken);
        await ExecuteAsync(connection, $"LISTEN {WakeChannel}", stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            var replicas = Math.Max(1, await ScalarAsync<int>(connection, CountReplicas, stoppingToken));
            HasPeers = replicas > 1;
            var share = (Partition.Count + replicas - 1) / replicas;
            await ReleaseBeyondAsync(connection, share, stoppingToken);
            await AcquireUpToAsync(connection, share, stoppingToken);
            // Also takes in notifications while waiting.
            await connection.WaitAsync(Interval, stoppingToken);
        }
    }

    private async Task AcquireUpToAsync(NpgsqlConnection connection, int share, CancellationToken cancellationToken)
    {
        for (short part = 0; part < Partition.Count; part++)
        {
            lock (_lock)
            {
                if (_owned.Count - _leaving.Count >= share)
                    return;
                if (_owned.Contains(part))
                    continue;
            }

            if (!await ScalarAsync<bool>(connection, $"SELECT pg_try_advisory_lock({LockClass}, {part})", cancellationToken))
                continue;
            lock (_lock)
                _owned.Add(part);
            LogAcquired(part);
            dispatch.WakeLocal();
        }
    }

    private async Task ReleaseBeyondAsync(NpgsqlConnection connection, int share, CancellationToken cancellationToken)
    {
        List<short> idle;
        lock (_lock)
        {
            var surplus = _owned.Count - share;
            _leaving.UnionWith(_owned.Where(part => !_leaving.Contains(part)).Take(surplus - _leaving.Count).ToArray());
            _leaving.ExceptWith(_leaving.Take(_leaving.Count - Math.Max(0, surplus)).ToArray());
            // Giving up one that is in flight would let another replica send the same delivery.
            idle = [.. _leaving.Where(part => _inFlight[part] == 0)];
            _owned.ExceptWith(idle);
            _leaving.ExceptWith(idle);
        }

        foreach (var part in idle)
        {
            await ExecuteAsync(connection, $"SELECT pg_advisory_unlock({LockClass}, {part})", cancellationToken);
            LogReleased(part);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    [LoggerMessage(311, LogLevel.Warning, "The session that owns dispatch parts was lost ({ErrorType}); others take over")]
    private partial void LogLost(string errorType);

    [LoggerMessage(312, LogLevel.Debug, "Dispatch part {Part} acquired")]
    private partial void LogAcquired(short part);

    [LoggerMessage(313, LogLevel.Debug, "Dispatch part {Part} released")]
    private partial void LogReleased(short part);
}

/// <summary>Parts held while something of them is in flight.</summary>
internal sealed class PartitionLease(PartitionOwnership ownership, short[] parts) : IDisposable
{
    private int _disposed;

    public short[] Parts { get; } = parts;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            ownership.Leave(Parts);
    }
}
