using System.Collections.Concurrent;
using System.Globalization;
using OptOut.Benchmarks.Load;

namespace OptOut.Benchmarks.Goals;

/// <summary>
/// 200 presses a second, at their times whatever the answers do. From the moment each was due to be pressed until the
/// commit of the last of its three acknowledgements, as the database itself dates that commit: one clock for both ends.
/// </summary>
internal static class PacedGoal
{
    public const int PerSecond = 200;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    private const string AppliedAt =
        """
        SELECT d.opt_out_id, max(pg_xact_commit_timestamp(a.xmin))
        FROM optout.delivery d JOIN optout.acknowledgement a USING (delivery_id)
        WHERE d.opt_out_id = ANY ($1) AND d.state = 'applied' AND a.outcome = 'applied'
        GROUP BY d.opt_out_id HAVING count(DISTINCT d.system_id) = $2
        """;

    public static async Task<Measurement> MeasureAsync(GoalRun run, CancellationToken cancellationToken)
    {
        await run.Servers.SettleAsync(cancellationToken);
        await using var subscribers = await Subscribers.StartAsync(run.Servers, run.Systems, cancellationToken);
        await using var presses = await PacedLoad.OpenAsync(run.Service, GoalRun.Purpose, cancellationToken);
        await presses.RunAsync(PerSecond, WarmUp, cancellationToken);
        var pressed = await presses.RunAsync(PerSecond, run.Options.PacedSpan, cancellationToken);
        await WholeWayGoal.EmptyAsync(run, cancellationToken);

        var applied = await AppliedAsync(run, pressed, cancellationToken);
        if (applied.Count != pressed.Count)
            throw new BenchException($"{pressed.Count} opt-outs were pressed, and {applied.Count} were applied by all systems.");
        double[] lags = [.. pressed.Select(press => (applied[press.OptOutId] - press.At).TotalMilliseconds).Order()];
        double[] answers = [.. pressed.Select(press => press.AnsweredMs).Order()];
        return new Measurement
        {
            Lag = Percentiles.Of(lags),
            Notes =
            [
                string.Create(CultureInfo.InvariantCulture,
                    $"{pressed.Count} presses; pressed to answered ms: p50 {Statistics.Percentile(answers, 0.5):0.0}, p99 {Statistics.Percentile(answers, 0.99):0.0}"),
            ],
        };
    }

    private static async Task<Dictionary<Guid, DateTimeOffset>> AppliedAsync(
        GoalRun run, ConcurrentBag<Press> pressed, CancellationToken cancellationToken)
    {
        await using var command = run.Servers.Admin.CreateCommand(AppliedAt);
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = pressed.Select(press => press.OptOutId).ToArray() });
        command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = (long)run.Systems.Count });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var applied = new Dictionary<Guid, DateTimeOffset>();
        while (await reader.ReadAsync(cancellationToken))
            applied.Add(reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1));
        return applied;
    }
}
