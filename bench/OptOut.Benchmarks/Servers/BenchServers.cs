using Npgsql;
using OptOut.Service.Platform.Embedded;
using OptOut.Service.Platform.Embedded.Hosting;
using OptOut.Service.Platform.Embedded.Postgres;
using RabbitMQ.Client;

namespace OptOut.Benchmarks.Servers;

/// <summary>A private PostgreSQL and RabbitMQ in a directory that goes away with the run. Both sides use the same ones.</summary>
internal sealed class BenchServers : IAsyncDisposable
{
    /// <summary>
    /// What any server gets that is to take load; durability stays as it is. Commit times are kept by the server
    /// itself, so that "applied" means committed.
    /// </summary>
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["shared_buffers"] = "512MB",
        ["max_wal_size"] = "4GB",
        ["checkpoint_timeout"] = "15min",
        ["track_commit_timestamp"] = "on",
        ["shared_preload_libraries"] = "pg_stat_statements",
    };

    private readonly EmbeddedPostgres postgres;
    private readonly EmbeddedRabbitMq broker;

    private BenchServers(string directory, EmbeddedPostgres postgres, EmbeddedRabbitMq broker, PostgresBinaries? tools)
    {
        Directory = directory;
        this.postgres = postgres;
        this.broker = broker;
        Tools = tools;
        // The superuser, on the service's database: for counting, never for what is measured.
        Admin = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(postgres.Connections.Admin)
        {
            Database = PostgresRoles.Database,
            CommandTimeout = 120,
            MaxPoolSize = 8,
        });
    }

    public string Directory { get; }
    public EmbeddedPostgresConnections Connections => postgres.Connections;
    public Uri BrokerUri => broker.Uri;
    public NpgsqlDataSource Admin { get; }

    /// <summary>Where pgbench may be; null where only downloaded binaries are.</summary>
    public PostgresBinaries? Tools { get; }

    public int PostgresProcess => postgres.ProcessId ?? 0;
    public int BrokerProcess => broker.ProcessId ?? 0;

    public static async Task<BenchServers> StartAsync(CancellationToken cancellationToken)
    {
        var binaries = EmbeddedRabbitMq.FindBinaries()
            ?? throw new EmbeddedServerException("RabbitMQ is not installed: no limit and no goal can be measured.");
        var directory = Path.Combine(Path.GetTempPath(), $"optout-bench-{Environment.ProcessId}");
        FileModes.Make(directory, passable: true);
        EmbeddedRabbitMq? broker = null;
        try
        {
            broker = EmbeddedRabbitMq.Start(new EmbeddedRabbitMqOptions(Path.Combine(directory, "rabbitmq")), binaries);
            var postgres = await EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions(Path.Combine(directory, "postgres")) { Settings = await SettingsAsync(cancellationToken) },
                cancellationToken);
            await broker.Ready.WaitAsync(cancellationToken);
            var tools = await PostgresBinaries.FindAsync(postgres.MajorVersion, [], cancellationToken);
            return new BenchServers(directory, postgres, broker, tools);
        }
        catch
        {
            await (broker?.DisposeAsync() ?? ValueTask.CompletedTask);
            System.IO.Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    public async Task<IReadOnlyList<string>> DescribeAsync(CancellationToken cancellationToken)
    {
        await using var command = Admin.CreateCommand("SHOW server_version");
        var version = (string)(await command.ExecuteScalarAsync(cancellationToken))!;
        await using var connection = await new ConnectionFactory { Uri = BrokerUri }.CreateConnectionAsync(cancellationToken);
        object? broker = null;
        connection.ServerProperties?.TryGetValue("version", out broker);
        var settings = string.Join(", ", Settings.Where(s => s.Key != "shared_preload_libraries").Select(s => $"{s.Key} {s.Value}"));
        return
        [
            $"PostgreSQL: {version}; {settings}; fsync, synchronous_commit and full_page_writes on",
            $"RabbitMQ: {System.Text.Encoding.ASCII.GetString(broker as byte[] ?? [])}, one node, quorum queues",
        ];
    }

    /// <summary>Writes what earlier measurements left dirty, so that the next one does not pay for it.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        await using var command = Admin.CreateCommand("CHECKPOINT");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Admin.DisposeAsync();
        await Task.WhenAll(postgres.DisposeAsync().AsTask(), broker.DisposeAsync().AsTask());
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    /// <summary>The statistics' library is Debian's in the server package; downloaded servers may lack it.</summary>
    private static async Task<Dictionary<string, string>> SettingsAsync(CancellationToken cancellationToken)
    {
        var settings = new Dictionary<string, string>(Settings);
        var found = await PostgresBinaries.FindAsync(null, [], cancellationToken);
        var library = found is null ? "" : Path.Combine(found.Folder, "..", "lib", "pg_stat_statements.so");
        if (Environment.GetEnvironmentVariable("OPTOUT_BENCH_STATEMENTS") != "1" || !File.Exists(library))
            settings.Remove("shared_preload_libraries");
        return settings;
    }
}
