using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Findings.Running;

/// <summary>
/// A small pool of the watch's own: a rule that hangs can take neither the connections nor the patience of a stop. Plans
/// are left to the planner, since counting all open deliveries is best read through once.
/// </summary>
internal sealed class WatchDatabase(DatabaseOptions options) : IAsyncDisposable
{
    /// <summary>As many rules look at once, in this process.</summary>
    public const int MaxConnections = 4;

    /// <summary>A statement of a rule that takes longer has failed.</summary>
    public static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(5);

    private readonly NpgsqlDataSource _source = Build(options.Service);

    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) =>
        _source.OpenConnectionAsync(cancellationToken);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static NpgsqlDataSource Build(string service)
    {
        var hardened = Databases.Harden(service, "optout-watch");
        hardened.MaxPoolSize = MaxConnections;
        hardened.NoResetOnClose = true;
        hardened.Options = "-c jit=off -c max_parallel_workers_per_gather=0 -c lock_timeout=2s"
            + " -c idle_in_transaction_session_timeout=30s -c work_mem=16MB"
            + $" -c statement_timeout={(int)StatementTimeout.TotalMilliseconds}";
        return new NpgsqlDataSourceBuilder(hardened.ConnectionString).Build();
    }
}
