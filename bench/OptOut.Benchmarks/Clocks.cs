using System.Diagnostics;

namespace OptOut.Benchmarks;

/// <summary>A measured stretch of time: by the monotonic clock for rates, by the wall clock for the database's rows.</summary>
internal sealed class Stretch
{
    private readonly long started = Stopwatch.GetTimestamp();
    private long ended;

    public DateTimeOffset From { get; } = TimeProvider.System.GetUtcNow();
    public DateTimeOffset To { get; private set; }
    public double Seconds => Stopwatch.GetElapsedTime(started, ended).TotalSeconds;

    public Stretch End()
    {
        ended = Stopwatch.GetTimestamp();
        To = TimeProvider.System.GetUtcNow();
        return this;
    }
}

internal static class Statistics
{
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The value that the share of all values does not exceed (nearest rank).</summary>
    public static double Percentile(double[] sorted, double share) =>
        sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
}
