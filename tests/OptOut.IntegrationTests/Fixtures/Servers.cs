using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Service.Platform.Embedded;
using OptOut.Service.Platform.Embedded.Postgres;

[assembly: AssemblyFixture(typeof(Servers))]

namespace OptOut.IntegrationTests.Fixtures;

/// <summary>
/// One PostgreSQL and one RabbitMQ for all tests of the assembly, the real ones, in a directory that is removed
/// afterwards. Where one cannot be had every test fails: nothing is skipped.
/// </summary>
public sealed class Servers : IAsyncLifetime
{
    private const int MaxConnections = 400;
    private readonly string directory = NewDirectory();
    private EmbeddedPostgres? postgres;
    private EmbeddedRabbitMq? broker;
    private HttpClient? management;

    internal EmbeddedPostgres Postgres => postgres ?? throw new InvalidOperationException("The fixture has not started.");

    internal EmbeddedRabbitMq Broker => broker ?? throw new InvalidOperationException("The fixture has not started.");

    /// <summary>The broker's management API, logged in: <c>/api/…</c>.</summary>
    public HttpClient Management => management ?? throw new InvalidOperationException("The fixture has not started.");

    /// <summary>A path for a server of a test's own; the test removes it.</summary>
    public static string NewDirectory() =>
        Path.Combine(Path.GetTempPath(), $"optout-tests-{RandomNumberGenerator.GetHexString(12, lowercase: true)}");

    public async ValueTask InitializeAsync()
    {
        var binaries = EmbeddedRabbitMq.FindBinaries()
            ?? throw new InvalidOperationException("These tests need RabbitMQ: apt-get install rabbitmq-server.");
        broker = EmbeddedRabbitMq.Start(
            new EmbeddedRabbitMqOptions(Path.Combine(directory, "rabbitmq")) { Management = true }, binaries);
        postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(Path.Combine(directory, "postgres")) { MaxConnections = MaxConnections },
            CancellationToken.None);
        var address = broker.ManagementUri!;
        management = new HttpClient { BaseAddress = new UriBuilder(address) { UserName = "", Password = "" }.Uri };
        management.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(address.UserInfo)));
    }

    /// <summary>Two empty databases of the owner's, as a new installation has them.</summary>
    public async Task<TestDatabases> CreateDatabaseAsync()
    {
        var main = $"t_{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        var keys = $"{main}_keys";
        var connections = Postgres.Connections;
        await using var administrator = new NpgsqlConnection(connections.Admin);
        await administrator.OpenAsync();
        await PostgresRoles.EnsureDatabaseAsync(administrator, main, CancellationToken.None);
        await PostgresRoles.EnsureDatabaseAsync(administrator, keys, CancellationToken.None);
        return new TestDatabases(
            In(connections.Admin, main), In(connections.Owner, main), In(connections.Service, main),
            In(connections.Keys, keys), In(connections.KeysService, keys));
    }

    /// <summary>The address of a fresh, empty virtual host; waits for the broker where it still boots.</summary>
    public async Task<Uri> CreateVhostAsync()
    {
        await Broker.Ready;
        var name = $"t-{RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        using var made = await Management.PutAsync(new Uri($"api/vhosts/{name}", UriKind.Relative), content: null);
        made.EnsureSuccessStatusCode();
        return new UriBuilder(Broker.Uri) { Path = name }.Uri;
    }

    public async ValueTask DisposeAsync()
    {
        management?.Dispose();
        NpgsqlConnection.ClearAllPools();
        if (postgres is not null)
            await postgres.DisposeAsync();
        if (broker is not null)
        {
            // Its files go anyway: an orderly stop of the management plugin would only take seconds more.
            await broker.KillAsync();
            await broker.DisposeAsync();
        }

        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    private static string In(string connectionString, string database) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Database = database }.ConnectionString;
}
