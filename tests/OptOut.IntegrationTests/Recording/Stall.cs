using Npgsql;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Recording;

/// <summary>Nobody can write a version until this is disposed: commits wait, as behind a slow disk.</summary>
internal sealed class Stall : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private Stall(NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (_connection, _transaction) = (connection, transaction);

    public static async Task<Stall> StartAsync(RunningService service)
    {
        var connection = await service.Database.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(
            "LOCK TABLE optout.opt_out_version IN SHARE ROW EXCLUSIVE MODE", connection, transaction);
        await command.ExecuteNonQueryAsync();
        return new Stall(connection, transaction);
    }

    /// <summary>Returns when a commit waits behind the stall.</summary>
    public static async Task UntilWaitingAsync(RunningService service)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (await service.ScalarAsync<long>(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'optout.opt_out_version'::regclass") == 0)
            await Task.Delay(10, deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.RollbackAsync();
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
