using System.Globalization;
using Npgsql;
using OptOut.Service.Platform.Embedded.Hosting;
using OptOut.Service.Platform.Embedded.Postgres;

namespace OptOut.Service.Platform.Embedded;

/// <summary>
/// A private PostgreSQL on loopback that lives in one directory and ends with this process, however that ends.
/// Not thread-safe: one owner starts, stops and disposes it.
/// </summary>
internal sealed class EmbeddedPostgres : IAsyncDisposable
{
    private const int PortAttempts = 5;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);
    private readonly EmbeddedPostgresOptions options;
    private readonly ServerDirectory home;
    private readonly PostgresCluster cluster;
    private readonly PostgresBinaries binaries;
    private readonly IReadOnlyDictionary<string, string> passwords;
    private ServerProcess? server;

    private EmbeddedPostgres(
        EmbeddedPostgresOptions options, ServerDirectory home, PostgresCluster cluster, PostgresBinaries binaries,
        IReadOnlyDictionary<string, string> passwords)
    {
        this.options = options;
        this.home = home;
        this.cluster = cluster;
        this.binaries = binaries;
        this.passwords = passwords;
    }

    /// <summary>The port in use; the same after <see cref="StartAgainAsync"/>.</summary>
    public int Port { get; private set; }

    /// <summary>The postmaster's process id; null while it is stopped.</summary>
    public int? ProcessId => server is { HasExited: false } ? server.Id : null;

    public int MajorVersion => binaries.Major;

    public EmbeddedPostgresConnections Connections => new(
        ConnectionString(PostgresCluster.Administrator, "postgres"),
        ConnectionString(PostgresRoles.Owner, PostgresRoles.Database),
        ConnectionString(PostgresRoles.Service, PostgresRoles.Database),
        ConnectionString(PostgresRoles.Owner, PostgresRoles.KeysDatabase),
        ConnectionString(PostgresRoles.Service, PostgresRoles.KeysDatabase));

    /// <summary>Makes the cluster where there is none, and returns when roles and databases can be used.</summary>
    /// <exception cref="EmbeddedServerException">No usable PostgreSQL, a directory in use, or a server that does not come up.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        var home = ServerDirectory.Open(options.DataDirectory, ServerAccount.Choose("postgres", "nobody"));
        EmbeddedPostgres? postgres = null;
        try
        {
            var cluster = new PostgresCluster(home);
            var binaries = await BinariesAsync(home, cluster.Major(), cancellationToken);
            // Kept before the cluster exists: a cluster whose password nobody knows would be of no use.
            var passwords = SecretFile.ReadOrMake(
                home.Child("secrets.json"), PostgresCluster.Administrator, PostgresRoles.Owner, PostgresRoles.Service);
            await cluster.MakeAsync(binaries, passwords[PostgresCluster.Administrator], cancellationToken);
            postgres = new EmbeddedPostgres(options, home, cluster, binaries, passwords);
            await postgres.StartAgainAsync(cancellationToken);
            await postgres.EnsureDatabasesAsync(cancellationToken);
            return postgres;
        }
        catch
        {
            await (postgres?.DisposeAsync() ?? ValueTask.CompletedTask);
            home.Dispose();
            throw;
        }
    }

    /// <summary>Starts the stopped or killed server on the same directory and port.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        await cluster.ClearAsync(cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            var wanted = options.Port ?? (Port != 0 ? Port : LoopbackPort.Free());
            if (await TryStartAsync(wanted, cancellationToken))
                return;
            var log = server!.LogTail();
            if (!LoopbackPort.IsTaken(wanted))
                throw new EmbeddedServerException($"PostgreSQL did not start:\n{log}");
            if (options.Port is not null || Port != 0 || attempt == PortAttempts)
                throw new EmbeddedServerException($"PostgreSQL did not start: port {wanted} is taken.");
        }
    }

    /// <summary>Fast shutdown: sessions are ended, everything committed is on disk.</summary>
    public async Task StopAsync()
    {
        if (server is null)
            return;
        await server.EndAsync(ServerSignal.Interrupt, options.StopGrace);
        server.Dispose();
        server = null;
    }

    /// <summary>Kill without warning, as a fault: recovery is the next start's work.</summary>
    public async Task KillAsync()
    {
        if (server is null)
            return;
        await server.EndAsync(ServerSignal.Kill, options.StopGrace);
        server.Dispose();
        server = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        home.Dispose();
    }

    private static async Task<PostgresBinaries> BinariesAsync(
        ServerDirectory home, int? major, CancellationToken cancellationToken)
    {
        var looked = new List<string>();
        if (await PostgresBinaries.FindAsync(major, looked, cancellationToken) is { } installed)
            return installed;
        if (major is null or PostgresDownload.Major &&
            await PostgresDownload.GetAsync(home, looked, cancellationToken) is { } fetched)
            return fetched;
        var needed = major is null ? $"{PostgresBinaries.OldestMajor} or newer" : $"{major}, which made {home.Path}";
        throw new EmbeddedServerException(
            $"Embedded mode needs PostgreSQL {needed}, and found none. Looked for: {string.Join("; ", looked)}. " +
            "Install it (Debian: apt-get install postgresql), or set ConnectionStrings__OptOut to a server of yours.");
    }

    private async Task<bool> TryStartAsync(int port, CancellationToken cancellationToken)
    {
        server?.Dispose();
        server = ServerProcess.Start(
            new ServerCommand(binaries.Program("postgres"), Arguments(port))
            {
                Account = home.Account,
                DeathSignal = ServerSignal.Interrupt,
                WorkingDirectory = home.Path,
            },
            home.Child("postgres.log"));
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(options.StartLimit);
        try
        {
            while (!server.HasExited)
            {
                if (await AnswersAsync(port, deadline.Token))
                {
                    Port = port;
                    return true;
                }

                await Task.Delay(Poll, deadline.Token);
            }

            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EmbeddedServerException(
                $"PostgreSQL gave no answer within {options.StartLimit.TotalSeconds:0} s:\n{server.LogTail()}");
        }
    }

    private async Task<bool> AnswersAsync(int port, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(
            ConnectionString(PostgresCluster.Administrator, "postgres", port) + ";Pooling=false");
        try
        {
            await connection.OpenAsync(cancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private async Task EnsureDatabasesAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(Connections.Admin + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await PostgresRoles.EnsureAsync(
            connection, PostgresRoles.Owner, passwords[PostgresRoles.Owner], cancellationToken);
        await PostgresRoles.EnsureAsync(
            connection, PostgresRoles.Service, passwords[PostgresRoles.Service], cancellationToken);
        await PostgresRoles.EnsureDatabaseAsync(connection, PostgresRoles.Database, cancellationToken);
        await PostgresRoles.EnsureDatabaseAsync(connection, PostgresRoles.KeysDatabase, cancellationToken);
    }

    /// <summary>
    /// Loopback only, no socket file. The log takes the server's own events and never a statement or an error's detail,
    /// where a person's data could stand.
    /// </summary>
    private List<string> Arguments(int port)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["listen_addresses"] = "127.0.0.1",
            ["port"] = port.ToString(CultureInfo.InvariantCulture),
            ["unix_socket_directories"] = "",
            ["max_connections"] = options.MaxConnections.ToString(CultureInfo.InvariantCulture),
            ["log_min_messages"] = "log",
            ["log_min_error_statement"] = "panic",
            ["log_error_verbosity"] = "terse",
            ["log_checkpoints"] = "off",
        };
        foreach (var (name, value) in options.Settings)
            settings[name] = value;
        return ["-D", cluster.Folder, .. settings.SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" })];
    }

    private string ConnectionString(string user, string database, int? port = null) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port ?? Port,
        Username = user,
        Password = passwords[user],
        Database = database,
        SslMode = SslMode.Disable,
    }.ConnectionString;
}
