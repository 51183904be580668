namespace OptOut.Service.Recording.GroupCommit;

/// <summary>
/// How much may wait for the writer, under <c>OptOut:Recording</c>. Beyond either bound a caller is told 503 at once:
/// memory stays bounded whatever comes.
/// </summary>
internal sealed record RecordingLimits
{
    /// <summary>Requests that may wait. Default 4,096, at least 1.</summary>
    public int WaitingRequests { get; init; } = 4_096;

    /// <summary>Records in all waiting requests together. Default 32,768, at least a whole batch of 1,000.</summary>
    public int WaitingRecords { get; init; } = 32_768;

    public static RecordingLimits From(IConfiguration configuration)
    {
        var limits = configuration.GetSection("OptOut:Recording").Get<RecordingLimits>() ?? new RecordingLimits();
        var faults = new List<string>();
        if (limits.WaitingRequests < 1)
            faults.Add("OptOut__Recording__WaitingRequests must be at least 1.");
        if (limits.WaitingRecords < Endpoints.PostBatch.MaxItems)
            faults.Add($"OptOut__Recording__WaitingRecords must be at least {Endpoints.PostBatch.MaxItems}.");
        return faults.Count == 0 ? limits : throw new ConfigurationException(faults);
    }
}
