using System.Globalization;
using OptOut.Benchmarks.Load;

namespace OptOut.Benchmarks.Goals;

/// <summary>
/// Answers of 201 a second at 64 connections. Three systems are registered and told meanwhile, as far as the load lets
/// the dispatch come; they do not consume, since that is the whole way's part.
/// </summary>
internal static class RecordingGoal
{
    public static async Task<Measurement> MeasureAsync(GoalRun run, CancellationToken cancellationToken)
    {
        await run.Servers.SettleAsync(cancellationToken);
        await using var load = HttpLoad.Start(run.Service, GoalRun.Purpose);
        await load.MeasureAsync(run.Options.WarmUp, cancellationToken);
        var rates = new List<double>();
        var latencies = new List<double>();
        var cost = "";
        for (var repeat = 0; repeat < run.Options.Repeats; repeat++)
        {
            (var result, cost) = await run.CostAsync(
                () => load.MeasureAsync(run.Options.Span, cancellationToken), result => result.Latencies.Length);
            rates.Add(result.PerSecond);
            latencies.AddRange(result.Latencies);
        }

        await load.StopAsync();
        double[] sorted = [.. latencies.Order()];
        return new Measurement
        {
            Rates = rates,
            Notes =
            [
                string.Create(CultureInfo.InvariantCulture,
                    $"answered within ms: p50 {Statistics.Percentile(sorted, 0.5):0.0}, p99 {Statistics.Percentile(sorted, 0.99):0.0}, max {sorted[^1]:0.0}; other answers than 201: {load.Refused}"),
                cost,
            ],
        };
    }
}
