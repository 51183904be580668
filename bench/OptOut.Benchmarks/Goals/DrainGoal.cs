using System.Diagnostics;
using System.Globalization;
using OptOut.Benchmarks.Servers;
using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.Benchmarks.Goals;

/// <summary>
/// A paused system's backlog, from the request that resumes it until the last delivery is stored as sent. Nobody
/// consumes, as in the limit beside it.
/// </summary>
internal static class DrainGoal
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>What is sent is due again at its objective, a day ahead.</summary>
    private const string AnyDue =
        """
        SELECT EXISTS (SELECT FROM optout.open_delivery o JOIN optout.system s USING (system_id)
            WHERE s.name = $1 AND o.due_at < now() + interval '1 hour')
        """;

    private const string Sent =
        """
        SELECT count(*) FILTER (WHERE d.state = 'sent' AND d.attempts = 1) AS sent,
            max(pg_xact_commit_timestamp(t.xmin)) AS last
        FROM optout.delivery d JOIN optout.system s USING (system_id) JOIN optout.attempt t USING (delivery_id)
        WHERE s.name = $1 AND d.recorded_at >= $2
        """;

    public static async Task<Measurement> MeasureAsync(GoalRun run, CancellationToken cancellationToken)
    {
        var rates = new List<double>();
        var cost = "";
        // The first backlog is the warm-up.
        for (var repeat = 0; repeat <= run.Options.Repeats; repeat++)
        {
            var size = repeat == 0 ? run.Options.Backlog / 5 : run.Options.Backlog;
            var since = TimeProvider.System.GetUtcNow();
            await run.Api.PauseAsync(run.Backlogged.Name, cancellationToken);
            await StandingRecords.RecordAsync(run, $"backlog{repeat}", GoalRun.BacklogPurpose, size, cancellationToken);
            await run.Servers.SettleAsync(cancellationToken);
            (var seconds, cost) = await run.CostAsync(
                () => DrainAsync(run, since, size, cancellationToken), _ => size);
            if (repeat > 0)
                rates.Add(size / seconds);
            await PurgeAsync(run, cancellationToken);
        }

        return new Measurement
        {
            Rates = rates,
            Notes = [string.Create(CultureInfo.InvariantCulture, $"backlog {run.Options.Backlog:#,0}, one queue"), cost],
        };
    }

    private static async Task<double> DrainAsync(
        GoalRun run, DateTimeOffset since, int size, CancellationToken cancellationToken)
    {
        var name = run.Backlogged.Name;
        var resumedAt = TimeProvider.System.GetUtcNow();
        var resumed = Stopwatch.GetTimestamp();
        await run.Api.ResumeAsync(name, cancellationToken);
        while (await run.Servers.Admin.AskAsync<bool>(AnyDue, cancellationToken, name))
        {
            if (Stopwatch.GetElapsedTime(resumed) > Limit)
                throw new BenchException($"The backlog was not sent within {Limit.TotalMinutes:0} minutes.");
            await Task.Delay(Look, cancellationToken);
        }

        await using var command = run.Servers.Admin.CreateCommand(Sent);
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = name });
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = since });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var sent = reader.GetInt64(0);
        return sent == size
            ? (reader.GetFieldValue<DateTimeOffset>(1) - resumedAt).TotalSeconds
            : throw new BenchException($"Of {size} deliveries {sent} were sent once.");
    }

    private static async Task PurgeAsync(GoalRun run, CancellationToken cancellationToken)
    {
        await using var connection =
            await new ConnectionFactory { Uri = run.Servers.BrokerUri }.CreateConnectionAsync(cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.QueuePurgeAsync(BrokerNames.Queue(run.Backlogged.Name), cancellationToken);
    }
}
