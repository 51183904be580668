using OptOut.Benchmarks.Load;
using OptOut.Benchmarks.Servers;

namespace OptOut.Benchmarks.Goals;

/// <summary>
/// The state that is measured in: some people have said stop, the systems know it, the hand-over to newly registered
/// systems has ended, and the database has statistics, as autovacuum gives them within a minute or two of the start.
/// </summary>
internal static class StandingRecords
{
    private const int BatchItems = 1_000;
    private static readonly TimeSpan BackfillLimit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    public static string Line(BenchOptions options) =>
        $"- State: {options.Standing} standing opt-outs, applied, the tables analysed" +
        (options.Quick ? "" : ", the registered systems' backfill finished");

    public static async Task MakeAsync(GoalRun run, CancellationToken cancellationToken)
    {
        await using (await Subscribers.StartAsync(run.Servers, run.Systems, cancellationToken))
        {
            await RecordAsync(run, "standing", GoalRun.Purpose, run.Options.Standing, cancellationToken);
            await WholeWayGoal.EmptyAsync(run, cancellationToken);
        }

        if (!run.Options.Quick && !run.Options.Hold)
            await BackfilledAsync(run, cancellationToken);
        await run.Servers.Admin.ExecuteAsync("VACUUM ANALYZE", cancellationToken);
    }

    public static async Task RecordAsync(
        GoalRun run, string name, string purpose, int count, CancellationToken cancellationToken)
    {
        for (var from = 0; from < count; from += BatchItems)
        {
            await run.Api.RecordAsync(
                Enumerable.Range(from, Math.Min(BatchItems, count - from)).Select(person => $"{name}-{person}@example.org"),
                purpose, cancellationToken);
        }
    }

    private static async Task BackfilledAsync(GoalRun run, CancellationToken cancellationToken)
    {
        const string Running = "SELECT count(*) FROM optout.system_status WHERE backfill_finished_at IS NULL";
        var started = TimeProvider.System.GetTimestamp();
        while (await run.Servers.Admin.AskAsync<long>(Running, cancellationToken) > 0)
        {
            if (TimeProvider.System.GetElapsedTime(started) > BackfillLimit)
                throw new BenchException($"The backfill of new systems had not ended after {BackfillLimit.TotalMinutes:0} minutes.");
            await Task.Delay(Look, cancellationToken);
        }
    }
}
