using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using OptOut.Service.Platform.Embedded;
using OptOut.Service.Platform.Embedded.Postgres;

namespace OptOut.EndToEndTests.Embedded;

public sealed class EmbeddedPostgresTests : ServerHome
{
    private EmbeddedPostgresOptions Options => new(Home);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_committed_is_there_after_a_stop_and_after_a_kill_on_the_same_port(bool killed)
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(Options, Cancellation);
        var port = postgres.Port;
        await RunAsync(postgres.Connections.Owner, "CREATE TABLE probe AS SELECT 7 AS seven");

        await (killed ? postgres.KillAsync() : postgres.StopAsync());
        Assert.Null(postgres.ProcessId);
        await postgres.StartAgainAsync(Cancellation);

        Assert.Equal(port, postgres.Port);
        Assert.Equal(7, await RunAsync(postgres.Connections.Owner, "SELECT seven FROM probe"));
    }

    [Fact]
    public async Task A_later_service_finds_the_data_and_the_same_passwords()
    {
        await using (var first = await EmbeddedPostgres.StartAsync(Options, Cancellation))
            await RunAsync(first.Connections.Owner, "CREATE TABLE probe AS SELECT 7 AS seven");

        await using var second = await EmbeddedPostgres.StartAsync(Options, Cancellation);

        Assert.Equal(7, await RunAsync(second.Connections.Owner, "SELECT seven FROM probe"));
    }

    [Fact]
    public async Task A_second_service_on_the_same_directory_is_refused_and_the_first_goes_on()
    {
        await using var first = await EmbeddedPostgres.StartAsync(Options, Cancellation);

        var refused = await Assert.ThrowsAsync<EmbeddedServerException>(
            () => EmbeddedPostgres.StartAsync(Options, Cancellation));

        Assert.Contains("in use by another running service", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await RunAsync(first.Connections.Service, "SELECT 1"));
    }

    [Fact]
    public async Task A_cluster_that_a_crash_left_half_made_is_made_anew()
    {
        Directory.CreateDirectory(Path.Combine(Home, "data.new", "data", "base"));

        await using var postgres = await EmbeddedPostgres.StartAsync(Options, Cancellation);

        Assert.Equal(1, await RunAsync(postgres.Connections.Service, "SELECT 1"));
        Assert.False(Directory.Exists(Path.Combine(Home, "data.new")));
    }

    [Fact]
    public async Task A_stale_pid_file_whose_id_is_somebody_elses_by_now_stops_no_start()
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(Options, Cancellation);
        await postgres.StopAsync();
        await File.WriteAllTextAsync(
            Path.Combine(Home, "data", "postmaster.pid"),
            Environment.ProcessId.ToString(CultureInfo.InvariantCulture), Cancellation);

        await postgres.StartAgainAsync(Cancellation);

        Assert.Equal(1, await RunAsync(postgres.Connections.Service, "SELECT 1"));
    }

    [Fact]
    public async Task A_wanted_port_that_is_taken_is_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var refused = await Assert.ThrowsAsync<EmbeddedServerException>(
            () => EmbeddedPostgres.StartAsync(Options with { Port = port }, Cancellation));

        Assert.Contains($"port {port} is taken", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_of_a_version_that_is_not_installed_is_left_alone_and_named()
    {
        Directory.CreateDirectory(Path.Combine(Home, "data"));
        await File.WriteAllTextAsync(Path.Combine(Home, "data", "PG_VERSION"), "99\n", Cancellation);

        var refused = await Assert.ThrowsAsync<EmbeddedServerException>(
            () => EmbeddedPostgres.StartAsync(Options, Cancellation));

        Assert.Contains("needs PostgreSQL 99", refused.Message, StringComparison.Ordinal);
        Assert.Contains("/usr/lib/postgresql/*/bin; PATH; pg_config", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_listens_on_loopback_only_and_its_secrets_are_its_owners_only()
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(Options, Cancellation);

        Assert.All(
            ServerProcesses.ListenAddresses(postgres.ProcessId!.Value), address => Assert.Equal("0100007F", address));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, Mode(Path.Combine(Home, "secrets.json")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, Mode(Path.Combine(Home, "data")));
        await Assert.ThrowsAsync<PostgresException>(
            () => RunAsync(postgres.Connections.Service.Replace("Password=", "Password=x", StringComparison.Ordinal), "SELECT 1"));
    }

    [Fact]
    public async Task The_log_repeats_nothing_of_a_failed_statement()
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(Options, Cancellation);

        await Assert.ThrowsAsync<PostgresException>(
            () => RunAsync(postgres.Connections.Service, "SELECT 'ada@example.com'::int"));
        await postgres.StopAsync();

        var log = await File.ReadAllTextAsync(Path.Combine(Home, "postgres.log"), Cancellation);
        Assert.Contains("ready to accept connections", log, StringComparison.Ordinal);
        Assert.DoesNotContain("ada", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fsync")]
    [InlineData("synchronous_commit")]
    public async Task Durability_cannot_be_switched_off(string setting)
    {
        var options = Options with { Settings = new Dictionary<string, string> { [setting] = "off" } };

        await Assert.ThrowsAsync<ArgumentException>(() => EmbeddedPostgres.StartAsync(options, Cancellation));
    }

    [Fact]
    public async Task A_fetched_archive_that_is_not_the_pinned_one_is_refused()
    {
        Directory.CreateDirectory(Home);
        var archive = Path.Combine(Home, "fetched.tgz");
        await File.WriteAllTextAsync(archive, "something else", Cancellation);

        var refused = await Assert.ThrowsAsync<EmbeddedServerException>(
            () => PostgresDownload.CheckAsync(archive, "AAAA", Cancellation));

        Assert.Contains("not unpacked", refused.Message, StringComparison.Ordinal);
    }

    private static UnixFileMode Mode(string path) =>
        OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);

    private static async Task<object?> RunAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }
}
