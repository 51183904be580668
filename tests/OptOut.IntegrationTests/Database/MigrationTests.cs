using System.Reflection;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Service;
using OptOut.Service.Platform.Database;

namespace OptOut.IntegrationTests.Database;

public sealed class MigrationTests(Servers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Each of this build's migrations once.</summary>
    private static readonly long MainMigrations = typeof(OptOutDbContext).Assembly.GetTypes()
        .Count(type => type.GetCustomAttribute<DbContextAttribute>()?.ContextType == typeof(OptOutDbContext)
            && type.GetCustomAttribute<MigrationAttribute>() is not null);

    [Fact]
    public async Task Three_replicas_that_start_at_once_on_empty_databases_migrate_them_once()
    {
        for (var round = 0; round < 3; round++)
        {
            var databases = await servers.CreateDatabaseAsync();

            await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => MigrateAsync(databases))));

            Assert.Equal(MainMigrations, await CountAsync(databases.Owner, "SELECT count(*) FROM optout.__migrations"));
            Assert.Equal(1L, await CountAsync(databases.Keys, "SELECT count(*) FROM optout.__migrations"));
            Assert.Equal(7L, await CountAsync(databases.Service, "SELECT count(*) FROM optout.purpose"));
        }
    }

    [Fact]
    public async Task Three_replicas_that_start_at_once_on_a_migrated_database_only_renew_the_grants()
    {
        var databases = await servers.CreateDatabaseAsync();
        await MigrateAsync(databases);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => MigrateAsync(databases))));

        Assert.Equal(MainMigrations, await CountAsync(databases.Owner, "SELECT count(*) FROM optout.__migrations"));
    }

    [Fact]
    public async Task An_empty_database_is_refused_without_the_owners_login()
    {
        var databases = await servers.CreateDatabaseAsync();

        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => MigrateAsync(databases, withOwner: false));

        Assert.Contains("0001_keys", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ConnectionStrings__OptOutOwner", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Password", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task An_old_schema_is_refused_without_the_owners_login_and_left_as_it_is()
    {
        var databases = await servers.CreateDatabaseAsync();
        await MigrateAsync(databases);
        await RunAsync(databases.Owner, "DELETE FROM optout.__migrations");

        var refused = await Assert.ThrowsAsync<ConfigurationException>(() => MigrateAsync(databases, withOwner: false));

        Assert.Contains("0001_main", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await CountAsync(databases.Owner, "SELECT count(*) FROM optout.__migrations"));
    }

    [Fact]
    public async Task A_current_schema_is_served_without_the_owners_login()
    {
        var databases = await servers.CreateDatabaseAsync();
        await MigrateAsync(databases);

        await MigrateAsync(databases, withOwner: false);
    }

    /// <summary>One login is enough to try the product, and health says what is missing.</summary>
    [Fact]
    public async Task With_one_login_the_service_works_and_health_says_that_separation_is_off()
    {
        var databases = await servers.CreateDatabaseAsync();
        await using var one = await RunningService.StartAsync(
            databases with { Service = databases.Owner, Owner = "", KeysService = databases.Keys, Keys = "" });

        var stop = await one.StopEmailAsync(Stops.NewEmail());
        var health = await one.GetAsync("/health/ready", "");

        Assert.Equal(201, stop.Status);
        Assert.Equal("off", health.Json.Text("separation"));
        // Also then the triggers hold.
        var refused = await Assert.ThrowsAsync<PostgresException>(
            () => RunAsync(databases.Owner, "DELETE FROM optout.opt_out_version"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task With_logins_of_their_own_health_says_that_separation_is_on()
    {
        await using var service = await RunningService.StartAsync(servers);

        Assert.Equal("on", (await service.GetAsync("/health/ready", "")).Json.Text("separation"));
    }

    private static Task MigrateAsync(TestDatabases databases, bool withOwner = true) => new Migrator(
        new DatabaseOptions(databases.Service, withOwner ? databases.Owner : null,
            databases.KeysService, withOwner ? databases.Keys : null),
        NullLogger<Migrator>.Instance).RunAsync(Cancellation);

    private static async Task<long> CountAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private static async Task RunAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
