using OptOut.Service.Platform.Http;

namespace OptOut.Service.Enforcement;

/// <summary>What of enforcement can be configured, under <c>OptOut:Enforcement</c>.</summary>
internal sealed record EnforcementOptions
{
    /// <summary>
    /// Questions that one key may ask a minute of one process, in checks and filters together. Default 20,000,000. Beyond it
    /// checks are refused with 429 and filters are slowed down: nobody lists a base by asking.
    /// </summary>
    public int QuestionsPerMinute { get; init; } = 20_000_000;

    /// <summary>Streams of changes that one process serves at once. Default 200.</summary>
    public int Streams { get; init; } = 200;

    /// <summary>The most bytes that one import may have. Default 1 GiB.</summary>
    public long ImportBytes { get; init; } = 1L << 30;

    /// <summary>Rows from which an import needs a second person. Default 100,000.</summary>
    public int ImportRowsForApproval { get; init; } = 100_000;

    public static EnforcementOptions From(IConfiguration configuration)
    {
        var options = configuration.GetSection("OptOut:Enforcement").Get<EnforcementOptions>() ?? new EnforcementOptions();
        var faults = new List<string>();
        if (options.QuestionsPerMinute < Checking.PostCheck.MaxItems)
            faults.Add($"OptOut__Enforcement__QuestionsPerMinute must be at least {Checking.PostCheck.MaxItems}.");
        if (options.Streams < 1)
            faults.Add("OptOut__Enforcement__Streams must be at least 1.");
        if (options.ImportBytes < RequestBody.RecordLimit)
            faults.Add($"OptOut__Enforcement__ImportBytes must be at least {RequestBody.RecordLimit}.");
        if (options.ImportRowsForApproval < 1)
            faults.Add("OptOut__Enforcement__ImportRowsForApproval must be at least 1.");
        return faults.Count == 0 ? options : throw new ConfigurationException(faults);
    }
}
