namespace OptOut.Service.Audit.Findings.Rules;

/// <summary>What is usual for a minute of this hour, and from where on it is a surge.</summary>
internal sealed record Usual(double Median, double Spread, double Limit, int Minutes)
{
    /// <summary>Fewer minutes known than this: nothing is called unusual.</summary>
    public const int MinMinutes = 30;

    /// <summary>Fewer opt-outs a minute than this are never a surge.</summary>
    public const long MinCount = 30;

    private const double Deviations = 6;

    /// <summary>The median absolute deviation, made comparable with a standard deviation.</summary>
    private const double Normal = 1.4826;

    /// <summary>
    /// Median and median absolute deviation: a single spike in the past moves neither, where a mean would learn to
    /// expect it. Null where too little is known.
    /// </summary>
    /// <param name="minutes">Counts of past minutes, those without any opt-out included.</param>
    public static Usual? Of(IReadOnlyList<long> minutes)
    {
        if (minutes.Count < MinMinutes) return null;
        var median = Middle([.. minutes.Select(count => (double)count)]);
        var deviation = Normal * Middle([.. minutes.Select(count => Math.Abs(count - median))]);
        // Counts scatter by their root even where the past happened to be even.
        var spread = Math.Max(deviation, Math.Sqrt(Math.Max(median, 1)));
        return new Usual(median, spread, Math.Max(median + Deviations * spread, MinCount), minutes.Count);
    }

    private static double Middle(double[] values)
    {
        Array.Sort(values);
        var half = values.Length / 2;
        return values.Length % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    }
}

/// <summary>One value of one dimension in the surge, with what is usual for it.</summary>
internal sealed record SurgePart(string Value, long Count, double Usual);

/// <summary>What the finding shows: how much, what is usual, and who it is.</summary>
internal sealed record SurgeEvidence(
    DateTimeOffset Minute, long Count, double Usual, double Limit, int KnownMinutes,
    IReadOnlyDictionary<string, IReadOnlyList<SurgePart>> Breakdown);

/// <summary>The last minute that was counted, and the surge that is still told.</summary>
internal sealed record SurgePlace(DateTimeOffset CountedUntil, SurgeEvidence? Told);
