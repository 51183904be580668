using OptOut.Contracts;

namespace OptOut.Service.Audit.Reading;

/// <summary>One thing that happened around an opt-out.</summary>
/// <param name="Kind">
/// <c>requested</c> (the caller's claim of when), <c>recorded</c>, <c>reversed</c>, <c>delivery_opened</c>,
/// <c>attempted</c>, <c>acknowledged</c>, <c>acknowledgement_rejected</c>, <c>read_back</c>, <c>closed</c>,
/// <c>decided</c> (with the outcome <c>blocked_by_check</c> and the like), <c>resend_asked</c> (with who asked).
/// </param>
/// <param name="Outcome">What came of it: an attempt's or acknowledgement's outcome, a state, a method, a code.</param>
/// <param name="StatusCode">The HTTP status that answered an attempt.</param>
/// <param name="Actions">What the system says that it did.</param>
/// <param name="LedgerEntryId">The leaf that covers it, where it has one.</param>
/// <param name="LedgerIndex">The leaf's place; null while it waits.</param>
public sealed record TrailItem(
    DateTimeOffset At,
    string Kind,
    int? Version,
    string? System,
    string? DeliveryId,
    string? Outcome,
    int? StatusCode,
    IReadOnlyList<AcknowledgementAction>? Actions,
    string? LedgerEntryId,
    long? LedgerIndex);
