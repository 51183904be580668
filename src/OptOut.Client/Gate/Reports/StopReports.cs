namespace OptOut.Client.Gate.Reports;

/// <summary>One stop that a gate found, waiting to be reported. It holds the person's identifier: never printed.</summary>
internal sealed record FoundStop(string Type, string Value, string Purpose, string Channel, DateTimeOffset At)
{
    public override string ToString() => Type;
}

/// <summary>
/// Stops that were found, on their way to the service: bounded, so that an outage of the service costs reports and
/// never memory. What is lost is counted.
/// </summary>
internal sealed class StopReports(TimeProvider clock, int capacity)
{
    private readonly BoundedRing<FoundStop>? _waiting = capacity > 0 ? new BoundedRing<FoundStop>(capacity) : null;
    private long _unreported;

    /// <summary>Found and not reported: no room, no identifier, or refused by the service.</summary>
    public long Unreported => Interlocked.Read(ref _unreported);

    public int Waiting => _waiting?.Count ?? 0;

    public void Found(string type, string value, string purpose, string channel)
    {
        if (_waiting?.TryWrite(new FoundStop(type, value, purpose, channel, clock.GetUtcNow())) != true) Lost(1);
    }

    /// <summary>Found by a key, which does not say who it is.</summary>
    public void FoundNameless() => Lost(1);

    public void Lost(int stops) => Interlocked.Add(ref _unreported, stops);

    public bool TryTake(out FoundStop stop)
    {
        stop = null!;
        return _waiting is not null && _waiting.TryRead(out stop);
    }
}
