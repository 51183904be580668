using Npgsql;
using RabbitMQ.Client;

namespace OptOut.IntegrationTests.Fixtures;

public sealed class ServersTests(Servers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_owner_can_make_a_table_and_the_service_can_not()
    {
        var databases = await servers.CreateDatabaseAsync();

        await RunAsync(databases.Owner, "CREATE TABLE probe (id int)");
        var refused = await Assert.ThrowsAsync<PostgresException>(
            () => RunAsync(databases.Service, "CREATE TABLE probe_of_service (id int)"));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task Two_tests_never_share_a_database()
    {
        var first = await servers.CreateDatabaseAsync();
        var second = await servers.CreateDatabaseAsync();

        await RunAsync(first.Owner, "CREATE TABLE probe (id int)");
        await RunAsync(first.Keys, "CREATE TABLE probe (id int)");
        await RunAsync(second.Owner, "CREATE TABLE probe (id int)");
    }

    [Theory]
    [InlineData("fsync")]
    [InlineData("synchronous_commit")]
    [InlineData("full_page_writes")]
    public async Task What_the_server_says_is_committed_is_on_disk(string setting)
    {
        await using var connection = new NpgsqlConnection(servers.Postgres.Connections.Admin);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand($"SHOW {setting}", connection);

        Assert.Equal("on", await command.ExecuteScalarAsync(Cancellation));
    }

    [Fact]
    public async Task A_quorum_queue_confirms_a_message_and_hands_it_out_again()
    {
        var factory = new ConnectionFactory { Uri = await servers.CreateVhostAsync() };
        await using var connection = await factory.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(true, true), Cancellation);
        await channel.QueueDeclareAsync(
            "probe", durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: Cancellation);

        await channel.BasicPublishAsync("", "probe", mandatory: true, "stop"u8.ToArray(), Cancellation);
        var got = await channel.BasicGetAsync("probe", autoAck: true, Cancellation);

        Assert.Equal("stop"u8.ToArray(), got?.Body.ToArray());
    }

    private static async Task RunAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
