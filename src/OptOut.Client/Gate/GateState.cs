namespace OptOut.Client;

/// <summary>How far a gate's copy can be relied on.</summary>
public enum GateState
{
    /// <summary>Nothing is known yet, or the copy from before a restart has not been brought up to date.</summary>
    NotReady,

    /// <summary>The copy is current: no older than the staleness bound.</summary>
    Ready,

    /// <summary>The copy was current once, and is not provably so now.</summary>
    Stale,

    /// <summary>The service refuses this gate, or speaks a feed that it does not understand. It goes on trying.</summary>
    Error,
}
