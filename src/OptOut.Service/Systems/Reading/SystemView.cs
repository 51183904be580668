namespace OptOut.Service.Systems.Reading;

/// <summary>A system in a list.</summary>
/// <param name="Id"><c>sys_</c> and 32 hex digits.</param>
/// <param name="Name">Its name in routes, routing keys and queues.</param>
/// <param name="DisplayName">For people.</param>
/// <param name="Kind"><c>internal</c> or <c>vendor</c>.</param>
/// <param name="Owner">Who answers for it.</param>
/// <param name="Channel">How it is reached.</param>
/// <param name="Contract">What it subscribes to.</param>
/// <param name="State">
/// <c>active</c>; <c>backfilling</c> while it is being handed the stops that stood before; <c>paused</c>: nothing is
/// sent, deliveries wait; <c>retired</c>.
/// </param>
/// <param name="StateReason">Why it is paused, or was resumed.</param>
/// <param name="Version">Also the <c>ETag</c>.</param>
/// <param name="Wired">Whether it has ever acknowledged anything.</param>
/// <param name="LastAcknowledgedAt">When it last did.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="UpdatedAt">When it last changed.</param>
public sealed record SystemSummary(
    string Id,
    string Name,
    string DisplayName,
    string Kind,
    string Owner,
    SystemChannel Channel,
    SystemContract Contract,
    string State,
    string? StateReason,
    int Version,
    bool Wired,
    DateTimeOffset? LastAcknowledgedAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>A system with how it is doing. The members of <see cref="SystemSummary"/> mean the same here.</summary>
/// <param name="Id"><c>sys_</c> and 32 hex digits.</param>
/// <param name="Name">Its name in routes, routing keys and queues.</param>
/// <param name="DisplayName">For people.</param>
/// <param name="Kind"><c>internal</c> or <c>vendor</c>.</param>
/// <param name="Owner">Who answers for it.</param>
/// <param name="Channel">How it is reached.</param>
/// <param name="Contract">What it subscribes to.</param>
/// <param name="State"><c>active</c>, <c>backfilling</c>, <c>paused</c> or <c>retired</c>.</param>
/// <param name="StateReason">Why it is paused, or was resumed.</param>
/// <param name="Version">Also the <c>ETag</c>.</param>
/// <param name="Wired">Whether it has ever acknowledged anything.</param>
/// <param name="LastAcknowledgedAt">When it last did.</param>
/// <param name="FailureRate">
/// Refused, retrying and parked among its deliveries of the last 24 hours, 0 to 1; null where there were none.
/// </param>
/// <param name="Lag">From the record to applied, over the same deliveries.</param>
/// <param name="Open">Deliveries that are not closed; 1,000,000 means that many or more.</param>
/// <param name="Overdue">Open ones whose objective has passed.</param>
/// <param name="OldestOpenAgeSeconds">Age of the one that is due first; null where none is open.</param>
/// <param name="RejectedAcknowledgements">
/// Words under its name that changed nothing, in the last 24 hours by whole hours: forged, stale, repeated and the like.
/// </param>
/// <param name="Backfill">How far the stops that stood before it came have been handed over.</param>
/// <param name="Breaker">Whether calls to it are stopped after repeated failures.</param>
/// <param name="CreatedAt">When it was registered.</param>
/// <param name="UpdatedAt">When it last changed.</param>
public sealed record SystemView(
    string Id,
    string Name,
    string DisplayName,
    string Kind,
    string Owner,
    SystemChannel Channel,
    SystemContract Contract,
    string State,
    string? StateReason,
    int Version,
    bool Wired,
    DateTimeOffset? LastAcknowledgedAt,
    double? FailureRate,
    SystemLag Lag,
    long Open,
    long Overdue,
    long? OldestOpenAgeSeconds,
    long RejectedAcknowledgements,
    SystemBackfill Backfill,
    SystemBreakerView Breaker,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>How long it took, in milliseconds; null where nothing was applied.</summary>
/// <param name="P50Ms">Half were faster.</param>
/// <param name="P95Ms">95 of 100 were faster.</param>
/// <param name="MaxMs">The slowest.</param>
/// <param name="Sample">How many were looked at.</param>
public sealed record SystemLag(long? P50Ms, long? P95Ms, long? MaxMs, long Sample);

/// <summary>Standing stops handed over to a new or widened system.</summary>
/// <param name="Running">False once everything has been looked at twice.</param>
/// <param name="HandedOver">Deliveries written so far, those without a matching identifier included.</param>
/// <param name="FinishedAt">When it was done.</param>
public sealed record SystemBackfill(bool Running, long HandedOver, DateTimeOffset? FinishedAt);

/// <summary>Whether a webhook is called now. Deliveries are written and kept whatever it says.</summary>
/// <param name="State">
/// <c>closed</c>: calls go out; <c>open</c>: one delivery is tried every five seconds, and all go once it works;
/// <c>slowed</c>: the receiver asked for a pause.
/// </param>
/// <param name="Failures">Failed calls since the last that worked.</param>
/// <param name="OpenedAt">Since when it is open; null while it is not.</param>
/// <param name="NextCallAt">Before which nothing is called; null where nothing stands in the way.</param>
public sealed record SystemBreakerView(
    string State, int Failures, DateTimeOffset? OpenedAt, DateTimeOffset? NextCallAt);
