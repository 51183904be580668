namespace OptOut.Client;

/// <summary>How a gate is doing, for health checks and people.</summary>
/// <param name="State">Whether it may be relied on.</param>
/// <param name="Cause">
/// Why it is not ready, as a code: <c>starting</c>, <c>catching_up</c>, <c>connection_lost</c>, <c>change_missing</c>,
/// <c>history_changed</c>, <c>stream_late</c>, <c>clock_jumped</c>, <c>refused_401</c>, <c>feed_unreadable</c>; null while ready.
/// </param>
/// <param name="Entries">Identifiers held, those included whose stops were all lifted.</param>
/// <param name="Age">How long ago the copy was known to be current; null where it never was in this process.</param>
/// <param name="AsOf">The service's time up to which the copy was known to be complete; null where there is none.</param>
/// <param name="Gaps">How often a change was missing on the stream since the start.</param>
/// <param name="UnreportedStops">Stops that were found and could not be reported, since the start.</param>
public sealed record GateStatus(
    GateState State,
    string? Cause,
    long Entries,
    TimeSpan? Age,
    DateTimeOffset? AsOf,
    long Gaps,
    long UnreportedStops);
