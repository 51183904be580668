namespace OptOut.Client.Gate.Feed;

/// <summary>
/// How late heartbeats come on one connection, without comparing the clocks of two machines: the promptest one so far is
/// the measure. A process that was stopped, or a proxy that held the stream back, thus does not take old news for new.
/// </summary>
internal sealed class Freshness(TimeProvider clock)
{
    /// <summary>Two heartbeats: whatever comes later than that is behind, and a new connection is not.</summary>
    public static readonly TimeSpan MaxLag = TimeSpan.FromSeconds(10);

    private readonly long _origin = clock.GetTimestamp();
    private TimeSpan? _promptest;

    public TimeSpan LagOf(DateTimeOffset asOf)
    {
        var offset = clock.GetElapsedTime(_origin) - (asOf - DateTimeOffset.UnixEpoch);
        if (_promptest is null || offset < _promptest) _promptest = offset;
        return offset - _promptest.Value;
    }
}
