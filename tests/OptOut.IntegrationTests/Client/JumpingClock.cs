namespace OptOut.IntegrationTests.Client;

/// <summary>The system's clock, with jumps: of time itself, or of the wall clock alone.</summary>
internal sealed class JumpingClock : TimeProvider
{
    private long _elapsed;
    private long _wall;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => System.GetElapsedTime(0).Ticks + Interlocked.Read(ref _elapsed);

    public override DateTimeOffset GetUtcNow() =>
        System.GetUtcNow().AddTicks(Interlocked.Read(ref _elapsed) + Interlocked.Read(ref _wall));

    /// <summary>Time passes.</summary>
    public void Pass(TimeSpan time) => Interlocked.Add(ref _elapsed, time.Ticks);

    /// <summary>Somebody sets the clock.</summary>
    public void Jump(TimeSpan by) => Interlocked.Add(ref _wall, by.Ticks);
}
