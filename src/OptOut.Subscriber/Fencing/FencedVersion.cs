using OptOut.Contracts;

namespace OptOut.Subscriber.Fencing;

/// <summary>A version that this system has settled, with what it said about it, so that it can say so again.</summary>
/// <param name="Version">1, 2, 3…</param>
/// <param name="RecordHash">The record's hash, so that another record under the same number is noticed.</param>
/// <param name="Outcome">Applied, no match, or refused.</param>
/// <param name="AppliedAt">When, by this system's clock.</param>
/// <param name="Actions">What was done.</param>
/// <param name="Reason">Why not.</param>
public sealed record FencedVersion(
    int Version,
    string RecordHash,
    AcknowledgementOutcome Outcome,
    DateTimeOffset? AppliedAt,
    IReadOnlyList<AcknowledgementAction> Actions,
    string? Reason);
