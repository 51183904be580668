using System.Globalization;
using OptOut.Benchmarks.Goals;
using OptOut.Benchmarks.Machine;

namespace OptOut.Benchmarks.Report;

/// <summary>The goals beside their limits: both sides, the ratio, and what was asked for.</summary>
internal static class GoalTable
{
    private sealed record Demand(string Name, double Must, double Aim);

    private static readonly Dictionary<string, Demand> Ratios = new()
    {
        [BenchOptions.Recording] = new("`POST /v1/opt-outs` answered 201 per second, 64 connections, three systems / two-row limit", 0.40, 0.80),
        [BenchOptions.Whole] = new("the whole way (HTTP → record → three queues → applied by all three) per second / two-row limit", 0.20, 0.40),
        [BenchOptions.Drain] = new("drain of a backlog to one queue per second / confirmed publish limit", 0.55, 0.80),
    };

    private static readonly Demand LagP50 = new("paced 200/s, three systems: press → applied, p50", 10, 4);
    private static readonly Demand LagP99 = new("paced 200/s, three systems: press → applied, p99", 60, 20);

    public static IEnumerable<string> Lines(IReadOnlyDictionary<string, Measurement> measured, LimitBook limits)
    {
        yield return "| goal | ours | limit | ratio | must | aim | verdict |";
        yield return "|---|---:|---:|---:|---:|---:|---|";
        foreach (var (goal, measurement) in measured)
        {
            if (Ratios.TryGetValue(goal, out var demand))
                yield return RatioLine(demand, measurement, limits.Mean(LimitBook.Of(goal)!));
            else
            {
                yield return LagLine(LagP50, measurement, measurement.Lag?.P50);
                yield return LagLine(LagP99, measurement, measurement.Lag?.P99);
            }
        }
    }

    public static IEnumerable<string> Notes(IReadOnlyDictionary<string, Measurement> measured)
    {
        foreach (var (goal, measurement) in measured)
        {
            if (measurement.Rates.Count > 0)
                yield return $"- {goal}: each {string.Join(", ", measurement.Rates.Select(MachineDescription.Number))}";
            if (measurement.Lag is { } lag)
                yield return string.Create(CultureInfo.InvariantCulture,
                    $"- {goal}: press → applied ms: p50 {lag.P50:0.0}, p95 {lag.P95:0.0}, p99 {lag.P99:0.0}, max {lag.Max:0.0}");
            foreach (var note in measurement.Notes)
                yield return $"- {goal}: {note}";
            yield return $"- {goal}: load average at its start {measurement.Load}";
        }
    }

    private static string RatioLine(Demand demand, Measurement measurement, double? limit)
    {
        if (measurement.Fault is { } fault)
            return Failed(demand, $"{demand.Must:0.00}", $"{demand.Aim:0.00}", fault);
        var ours = Statistics.Median(measurement.Rates);
        if (limit is not { } against)
            return Failed(demand, $"{demand.Must:0.00}", $"{demand.Aim:0.00}", "its limit was not measured");
        var ratio = ours / against;
        var verdict = ratio >= demand.Aim ? "aim reached" : ratio >= demand.Must ? "must reached" : "below must";
        return string.Create(CultureInfo.InvariantCulture,
            $"| {demand.Name} | {ours:#,0} | {against:#,0} | {ratio:0.00} | {demand.Must:0.00} | {demand.Aim:0.00} | {verdict} |");
    }

    private static string LagLine(Demand demand, Measurement measurement, double? lag)
    {
        if (lag is not { } ms)
            return Failed(demand, $"{demand.Must:0} ms", $"{demand.Aim:0} ms", measurement.Fault ?? "not measured");
        var verdict = ms <= demand.Aim ? "aim reached" : ms <= demand.Must ? "must reached" : "below must";
        return string.Create(CultureInfo.InvariantCulture,
            $"| {demand.Name} | {ms:0.0} ms | – | – | {demand.Must:0} ms | {demand.Aim:0} ms | {verdict} |");
    }

    private static string Failed(Demand demand, string must, string aim, string fault) =>
        $"| {demand.Name} | – | – | – | {must} | {aim} | failed: {fault.ReplaceLineEndings(" ")} |";
}
