namespace OptOut.Service.Propagation;

/// <summary>
/// Recording says here that more stops wait than one commit takes at ease. Dispatch then leaves it the processor and
/// the database for a while: a stop is recorded first, and told a few seconds later.
/// </summary>
internal sealed class SurgeSignal(TimeProvider clock)
{
    /// <summary>How long one commit under heavy load speaks for: longer than the next one takes.</summary>
    private static readonly TimeSpan Lasts = TimeSpan.FromMilliseconds(50);

    private long _heavyUntil = long.MinValue;

    public bool IsOn => clock.GetTimestamp() < Volatile.Read(ref _heavyUntil);

    /// <summary>A commit under heavy load has ended.</summary>
    public void Heavy() => Volatile.Write(
        ref _heavyUntil, clock.GetTimestamp() + (long)(Lasts.TotalSeconds * clock.TimestampFrequency));
}
