using System.Globalization;
using OptOut.Benchmarks.Load;
using OptOut.Benchmarks.Servers;

namespace OptOut.Benchmarks.Goals;

/// <summary>
/// Opt-outs a second from the request to the third system's stored "applied", with a bounded number under way.
/// Counted afterwards from the evidence: an opt-out belongs to the stretch in which its last acknowledgement committed.
/// </summary>
internal static class WholeWayGoal
{
    /// <summary>Opt-outs under way at once: enough for full batches, under a second of work.</summary>
    public const int Bound = 2_000;

    private static readonly TimeSpan TailLimit = TimeSpan.FromSeconds(60);

    private const string Applied =
        """
        SELECT count(*) FROM (
            SELECT d.opt_out_id, max(pg_xact_commit_timestamp(a.xmin)) AS applied_at
            FROM optout.acknowledgement a JOIN optout.delivery d USING (delivery_id)
            WHERE a.outcome = 'applied' AND d.state = 'applied' AND a.received_at >= $1::timestamptz - interval '1 minute'
            GROUP BY d.opt_out_id HAVING count(DISTINCT d.system_id) = $3) x
        WHERE applied_at >= $1 AND applied_at < $2
        """;

    public static async Task<Measurement> MeasureAsync(GoalRun run, CancellationToken cancellationToken)
    {
        await run.Servers.SettleAsync(cancellationToken);
        await using var subscribers = await Subscribers.StartAsync(run.Servers, run.Systems, cancellationToken);
        await using var backpressure = new Backpressure(subscribers, run.Systems.Count, Bound);
        backpressure.Start(await subscribers.TakenAsync(cancellationToken));
        var whole = new Stretch();
        var stretches = new List<Stretch>();
        var cost = "";
        await using var load = HttpLoad.Start(run.Service, GoalRun.Purpose, backpressure.AdmitAsync);
        await load.MeasureAsync(run.Options.WarmUp, cancellationToken);
        for (var repeat = 0; repeat < run.Options.Repeats; repeat++)
        {
            var stretch = new Stretch();
            (_, cost) = await run.CostAsync(
                () => load.MeasureAsync(run.Options.Span, cancellationToken), result => result.Latencies.Length);
            stretches.Add(stretch.End());
        }

        await load.StopAsync();
        await EmptyAsync(run, cancellationToken);
        whole.End();
        var applied = await CountAsync(run, whole, cancellationToken);
        if (applied != load.Accepted)
            throw new BenchException($"{load.Accepted} opt-outs were answered 201, and {applied} were applied by all systems.");
        var rates = new List<double>();
        foreach (var stretch in stretches)
            rates.Add(await CountAsync(run, stretch, cancellationToken) / stretch.Seconds);
        return new Measurement
        {
            Rates = rates,
            Notes =
            [
                string.Create(CultureInfo.InvariantCulture,
                    $"at most {Bound:#,0} under way; all {applied:#,0} of the load were applied by all {run.Systems.Count} systems"),
                cost,
            ],
        };
    }

    /// <summary>Waits until nothing is open for the three systems.</summary>
    public static async Task EmptyAsync(GoalRun run, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        const string Open =
            "SELECT count(*) FROM optout.open_delivery o JOIN optout.system s USING (system_id) WHERE s.name = ANY ($1)";
        string[] names = [.. run.Systems.Select(system => system.Name)];
        while (await run.Servers.Admin.AskAsync<long>(Open, cancellationToken, (object)names) is var open and > 0)
        {
            if (TimeProvider.System.GetElapsedTime(started) > TailLimit)
                throw new BenchException($"{open} deliveries were still open {TailLimit.TotalSeconds:0} s after the load.");
            await Task.Delay(50, cancellationToken);
        }
    }

    private static Task<long> CountAsync(GoalRun run, Stretch stretch, CancellationToken cancellationToken) =>
        run.Servers.Admin.AskAsync<long>(Applied, cancellationToken, stretch.From, stretch.To, (long)run.Systems.Count);
}
