using Npgsql;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Portal;

/// <summary>The main database refuses everybody until this is disposed.</summary>
internal sealed class Outage : IAsyncDisposable
{
    private readonly NpgsqlDataSource _cluster;
    private readonly string _name;

    private Outage(NpgsqlDataSource cluster, string name) => (_cluster, _name) = (cluster, name);

    public static async Task<Outage> StartAsync(TestDatabases databases)
    {
        var admin = new NpgsqlConnectionStringBuilder(databases.Admin);
        var name = admin.Database!;
        admin.Database = "postgres";
        var outage = new Outage(NpgsqlDataSource.Create(admin.ConnectionString), name);
        await outage.RunAsync($"ALTER DATABASE \"{name}\" WITH ALLOW_CONNECTIONS false");
        await outage.RunAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        return outage;
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync($"ALTER DATABASE \"{_name}\" WITH ALLOW_CONNECTIONS true");
        await _cluster.DisposeAsync();
    }

    private async Task RunAsync(string sql)
    {
        await using var command = _cluster.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
