namespace OptOut.Benchmarks;

/// <summary>What is measured, and for how long.</summary>
internal sealed record BenchOptions
{
    public const string Recording = "recording";
    public const string Whole = "whole";
    public const string Paced = "paced";
    public const string Drain = "drain";

    private const string Usage = "usage: bench/run [quick] [recording|whole|paced|drain]… [--write [NAME]] [--hold]";
    private static readonly string[] AllGoals = [Recording, Whole, Paced, Drain];

    public required IReadOnlyList<string> Goals { get; init; }
    public required bool Quick { get; init; }

    /// <summary>The result's short name; null where it is only printed.</summary>
    public required string? WriteAs { get; init; }

    /// <summary>Keeps the service under load until the run is interrupted.</summary>
    public required bool Hold { get; init; }

    /// <summary>Each throughput is the median of this many measurements.</summary>
    public int Repeats => Quick ? 1 : 3;

    /// <summary>How long one measurement of a limit or a throughput lasts.</summary>
    public TimeSpan Span => TimeSpan.FromSeconds(Quick ? 4 : 10);

    /// <summary>Load before the first measurement, so that code is compiled and pools are full.</summary>
    public TimeSpan WarmUp => TimeSpan.FromSeconds(Quick ? 5 : 15);

    /// <summary>How long the limits that no goal stands on are measured, once each.</summary>
    public TimeSpan Aside => TimeSpan.FromSeconds(Quick ? 2 : 8);

    /// <summary>People who have said stop before anything is measured.</summary>
    public int Standing => Quick ? 5_000 : 20_000;

    public TimeSpan PacedSpan => TimeSpan.FromSeconds(Quick ? 10 : 30);
    public int Backlog => Quick ? 10_000 : 50_000;

    /// <returns>What is wrong with the arguments; null where nothing is.</returns>
    public static string? TryRead(string[] arguments, out BenchOptions? options)
    {
        options = null;
        var goals = new List<string>();
        var quick = false;
        var hold = false;
        string? name = null;
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "quick":
                    quick = true;
                    break;
                case "--hold":
                    hold = true;
                    break;
                case "--write":
                    name = i + 1 < arguments.Length && IsName(arguments[i + 1])
                        ? arguments[++i]
                        : $"{Environment.ProcessorCount}-cores";
                    break;
                case var goal when AllGoals.Contains(goal):
                    goals.Add(goal);
                    break;
                default:
                    return Usage;
            }
        }

        options = new BenchOptions
        {
            Goals = [.. AllGoals.Where(goal => goals.Count == 0 || goals.Contains(goal))],
            Quick = quick,
            WriteAs = name,
            Hold = hold,
        };
        return null;
    }

    private static bool IsName(string text) =>
        !AllGoals.Contains(text) && text != "quick" && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && text[0] != '-';
}
