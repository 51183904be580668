using Npgsql;

namespace OptOut.Service.Platform.Database;

/// <summary>The connection pools: the main database, and the one that holds the subjects' wrapped keys.</summary>
internal sealed class Databases : IAsyncDisposable
{
    public Databases(DatabaseOptions options)
    {
        Main = Build(options.Service, "optout", maxPoolSize: 50);
        Keys = Build(options.Keys, "optout-keys", maxPoolSize: 10);
    }

    /// <summary>Records, deliveries, evidence and the ledger, under the service's own login.</summary>
    public NpgsqlDataSource Main { get; }

    /// <summary>The wrapped keys of subjects.</summary>
    public NpgsqlDataSource Keys { get; }

    public async ValueTask DisposeAsync()
    {
        await Main.DisposeAsync();
        await Keys.DisposeAsync();
    }

    /// <summary>
    /// Applies what every connection of ours needs: bounded waits (a half-open network must not hang a caller),
    /// statement preparation, and no row values in error texts, since those would reach a log.
    /// </summary>
    internal static NpgsqlConnectionStringBuilder Harden(string connectionString, string applicationName) =>
        new(connectionString)
        {
            ApplicationName = applicationName,
            IncludeErrorDetail = false,
            Timeout = 5,
            CommandTimeout = 15,
            CancellationTimeout = 2000,
            KeepAlive = 10,
            TcpKeepAlive = true,
            TcpKeepAliveTime = 10,
            TcpKeepAliveInterval = 5,
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 3,
        };

    /// <summary>
    /// The server's end of a connection whose other end is gone: it must not keep a dead session, and its locks, for the
    /// two hours that operating systems wait.
    /// </summary>
    private const string ServerGivesUp =
        "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=20s";

    /// <summary>
    /// For a session that holds an advisory lock and is heard of every few seconds: where it is not, whatever stands
    /// between the two ends, the server ends it and the lock is free.
    /// </summary>
    internal const string HolderSettings = ServerGivesUp + " -c idle_session_timeout=20s";

    /// <summary>
    /// Every statement of ours finds a few rows by index. A prepared plan made while a table was empty must not scan it
    /// for ever after, compiling short statements costs more than running them, and a client that hangs in a transaction must not hold its locks.
    /// </summary>
    internal const string SessionSettings = ServerGivesUp
        + " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off"
        + " -c max_parallel_workers_per_gather=0 -c plan_cache_mode=force_generic_plan"
        + " -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s";

    private static NpgsqlDataSource Build(string connectionString, string applicationName, int maxPoolSize)
    {
        var hardened = Harden(connectionString, applicationName);
        hardened.MaxPoolSize = maxPoolSize;
        hardened.Options = SessionSettings;
        // Nothing of ours sets a session's state on a pooled connection, and undoing it costs seven statements a use.
        hardened.NoResetOnClose = true;
        return new NpgsqlDataSourceBuilder(hardened.ConnectionString).Build();
    }
}
