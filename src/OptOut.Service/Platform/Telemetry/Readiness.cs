namespace OptOut.Service.Platform.Telemetry;

/// <summary>How one thing that the service needs is doing.</summary>
internal enum ReadinessState
{
    Ok,

    /// <summary>Something waits, but stops are still recorded; the service stays in rotation.</summary>
    Degraded,

    /// <summary>Stops cannot be recorded here; a load balancer should look elsewhere.</summary>
    Failed,
}

/// <param name="State">How it is.</param>
/// <param name="Detail">Fixed words for an operator; never an address, a secret or an exception's message.</param>
internal readonly record struct ReadinessResult(ReadinessState State, string? Detail)
{
    public static ReadinessResult Ok(string? detail = null) => new(ReadinessState.Ok, detail);

    public static ReadinessResult Degraded(string detail) => new(ReadinessState.Degraded, detail);

    public static ReadinessResult Failed(string detail) => new(ReadinessState.Failed, detail);
}

/// <summary>One check of <c>/health/ready</c>, registered as a singleton by the capability that knows the thing.</summary>
internal interface IReadinessCheck
{
    string Name { get; }

    ValueTask<ReadinessResult> CheckAsync(CancellationToken cancellationToken);
}
