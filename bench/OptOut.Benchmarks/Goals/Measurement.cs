namespace OptOut.Benchmarks.Goals;

/// <summary>What came of a goal: numbers, or the reason why there are none.</summary>
internal sealed record Measurement
{
    /// <summary>Per second, one for each repeat; the median counts.</summary>
    public IReadOnlyList<double> Rates { get; init; } = [];

    /// <summary>Press to applied in milliseconds; null for throughputs.</summary>
    public Percentiles? Lag { get; init; }

    public IReadOnlyList<string> Notes { get; init; } = [];
    public string? Fault { get; init; }

    /// <summary>The load average when it began.</summary>
    public string Load { get; init; } = "";
}

internal sealed record Percentiles(double P50, double P95, double P99, double Max)
{
    public static Percentiles Of(double[] sorted) => new(
        Statistics.Percentile(sorted, 0.50), Statistics.Percentile(sorted, 0.95), Statistics.Percentile(sorted, 0.99),
        sorted[^1]);
}
