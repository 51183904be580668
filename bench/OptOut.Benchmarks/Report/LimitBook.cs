using System.Globalization;
using OptOut.Benchmarks.Limits;
using OptOut.Benchmarks.Machine;
using OptOut.Benchmarks.Servers;

namespace OptOut.Benchmarks.Report;

/// <summary>
/// The limits, measured before and after the goals: machines are noisy, and a limit taken only in a good or a bad
/// minute would make a ratio of nothing. The mean of both is what a goal is held against.
/// </summary>
internal sealed class LimitBook(BenchOptions options)
{
    private static readonly string[] Asides = [LimitNames.SingleRow, LimitNames.TwoRowsOneTrip, LimitNames.HundredRows, LimitNames.Consume];
    private readonly List<(string Limit, string When, IReadOnlyList<double> Values, string Load)> taken = [];

    /// <summary>What the goal's number is divided by; null where it is not divided.</summary>
    public static string? Of(string goal) => goal switch
    {
        BenchOptions.Recording or BenchOptions.Whole => LimitNames.TwoRows,
        BenchOptions.Drain => LimitNames.ConfirmedPublish,
        _ => null,
    };

    public double? Mean(string limit)
    {
        var medians = taken.Where(entry => entry.Limit == limit).Select(entry => Statistics.Median(entry.Values)).ToArray();
        return medians.Length > 0 ? medians.Average() : null;
    }

    public async Task TakeAsync(BenchServers servers, bool before, CancellationToken cancellationToken)
    {
        foreach (var limit in options.Goals.Select(Of).OfType<string>().Distinct())
            await TakeAsync(servers, limit, before ? "before" : "after", options.Repeats, options.Span, cancellationToken);
        if (before)
        {
            foreach (var limit in Asides)
                await TakeAsync(servers, limit, "aside", 1, options.Aside, cancellationToken);
        }

        await CommitLimits.CleanAsync(servers, cancellationToken);
    }

    public IEnumerable<string> Table()
    {
        yield return "| limit | when | median | each | load average |";
        yield return "|---|---|---:|---|---:|";
        foreach (var (limit, when, values, load) in taken)
        {
            yield return $"| {limit} | {when} | {MachineDescription.Number(Statistics.Median(values))} | " +
                $"{string.Join(", ", values.Select(MachineDescription.Number))} | {load} |";
        }
    }

    private async Task TakeAsync(
        BenchServers servers, string limit, string when, int repeats, TimeSpan span, CancellationToken cancellationToken)
    {
        var load = MachineDescription.Load();
        var values = new List<double>();
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            values.Add(limit switch
            {
                LimitNames.ConfirmedPublish => await BrokerLimits.PublishAsync(servers, span, cancellationToken),
                LimitNames.Consume => await BrokerLimits.ConsumeAsync(servers, span, cancellationToken),
                _ => await CommitLimits.MeasureAsync(servers, limit, span, cancellationToken),
            });
        }

        taken.Add((limit, when, values, load));
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  limit {when}: {MachineDescription.Number(Statistics.Median(values)),8}  {limit}"));
    }
}
