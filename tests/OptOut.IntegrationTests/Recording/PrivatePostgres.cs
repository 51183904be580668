using Npgsql;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Service.Platform.Embedded;

namespace OptOut.IntegrationTests.Recording;

/// <summary>A PostgreSQL of one test's own, which the test may stop and kill.</summary>
internal sealed class PrivatePostgres : IAsyncDisposable
{
    private readonly string _directory = Servers.NewDirectory();

    private PrivatePostgres()
    {
    }

    public EmbeddedPostgres Server { get; private set; } = null!;

    public TestDatabases Databases
    {
        get
        {
            var all = Server.Connections;
            var admin = new NpgsqlConnectionStringBuilder(all.Admin)
            {
                Database = new NpgsqlConnectionStringBuilder(all.Owner).Database,
            };
            return new TestDatabases(admin.ConnectionString, all.Owner, all.Service, all.Keys, all.KeysService);
        }
    }

    public static async Task<PrivatePostgres> StartAsync()
    {
        var made = new PrivatePostgres();
        made.Server = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(made._directory) { StopGrace = TimeSpan.FromSeconds(10) }, CancellationToken.None);
        return made;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
