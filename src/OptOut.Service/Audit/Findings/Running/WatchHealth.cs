using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Audit.Findings.Running;

/// <summary>
/// Whether this process's clock runs at all: what the database cannot say about a runner that has died. It degrades, since
/// stops are recorded without it.
/// </summary>
internal sealed class WatchHealth(TimeProvider clock) : IReadinessCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private long _ranAt = clock.GetTimestamp();

    public string Name => "watch";

    public void Ran() => Volatile.Write(ref _ranAt, clock.GetTimestamp());

    public ValueTask<ReadinessResult> CheckAsync(CancellationToken cancellationToken) => ValueTask.FromResult(
        clock.GetElapsedTime(Volatile.Read(ref _ranAt)) > Patience
            ? ReadinessResult.Degraded("No rule of the continuous audit has run for a minute.")
            : ReadinessResult.Ok());
}
