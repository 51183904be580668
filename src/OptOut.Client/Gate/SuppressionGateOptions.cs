namespace OptOut.Client;

/// <summary>How long a gate's copy counts, and where it is kept over a restart.</summary>
public sealed class SuppressionGateOptions
{
    /// <summary>
    /// How old the copy may be before every answer is Unknown: 1 s to 5 min, and never more than the service states.
    /// Default: 30 s.
    /// </summary>
    public TimeSpan StalenessBound { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// File of the encrypted snapshot, with which a restarted process fetches only what changed. Default: none; the whole
    /// list is then fetched at each start.
    /// </summary>
    public string? SnapshotPath { get; set; }

    /// <summary>32 random bytes in base64, under which the snapshot is encrypted. Required with a path. Keep it elsewhere.</summary>
    public string? SnapshotKey { get; set; }

    /// <summary>How often the snapshot is written: 1 s to 1 day. Default: 5 min; and once when the process ends.</summary>
    public TimeSpan SnapshotInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>An older snapshot is thrown away: 1 min to 30 days. Default: 1 day.</summary>
    public TimeSpan MaxSnapshotAge { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Whether stops that the gate finds are reported to the service, with the person's identifier. Default: true.</summary>
    public bool ReportStops { get; set; } = true;

    /// <summary>How many found stops wait for being reported at most: 1 to 1,000,000. Default: 10,000. More are counted and lost.</summary>
    public int ReportQueue { get; set; } = 10_000;

    /// <summary>How often found stops are reported: 10 ms to 1 min. Default: 1 s.</summary>
    public TimeSpan ReportInterval { get; set; } = TimeSpan.FromSeconds(1);
}
