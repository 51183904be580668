using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;
using OptOut.Benchmarks.Servers;

namespace OptOut.Benchmarks.Limits;

/// <summary>The same scripts where pgbench is not installed: one connection a client, prepared, one trip a statement.</summary>
internal static class NpgsqlLoop
{
    private static readonly TimeSpan Lead = TimeSpan.FromSeconds(1);

    public static async Task<double> RunAsync(
        BenchServers servers, string[] statements, int clients, TimeSpan span, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(servers.Connections.Admin)
        {
            Database = new NpgsqlConnectionStringBuilder(servers.Admin.ConnectionString).Database,
            MaxPoolSize = clients,
            NoResetOnClose = true,
        };
        await using var source = NpgsqlDataSource.Create(settings);
        var started = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ =>
            Task.Run(() => ClientAsync(source, statements, started, span, cancellationToken), cancellationToken)));
        return counts.Sum() / span.TotalSeconds;
    }

    private static async Task<long> ClientAsync(
        NpgsqlDataSource source, string[] statements, long started, TimeSpan span, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var commands = new List<NpgsqlCommand>();
        foreach (var statement in statements)
        {
            var command = new NpgsqlCommand(statement.Replace(":subject", "$1", StringComparison.Ordinal), connection);
            if (command.CommandText.Contains("$1", StringComparison.Ordinal))
                command.Parameters.Add(new NpgsqlParameter<long>());
            await command.PrepareAsync(cancellationToken);
            commands.Add(command);
        }

        long counted = 0;
        while (Stopwatch.GetElapsedTime(started) is var elapsed && elapsed < Lead + span)
        {
            foreach (var command in commands)
            {
                if (command.Parameters.Count > 0)
                    ((NpgsqlParameter<long>)command.Parameters[0]).TypedValue = RandomNumberGenerator.GetInt32(int.MaxValue);
                await command.ExecuteNonQueryAsync(cancellationToken);
            }

            if (elapsed >= Lead)
                counted++;
        }

        commands.ForEach(command => command.Dispose());
        return counted;
    }
}
