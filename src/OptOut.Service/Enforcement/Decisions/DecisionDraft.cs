using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Decisions;

/// <summary>One decision that is to be stored: what was asked or done, and the version that covers it.</summary>
/// <param name="Asked">The scope that was asked about, not the stop's.</param>
/// <param name="At">When it happened; null for now.</param>
/// <param name="MessageId">The sender's own id of the message, never an address; a second report with it is a repeat.</param>
internal sealed record DecisionDraft(
    StandingStop Covering, Scope Asked, string Outcome, string Mode, DateTimeOffset? At = null, string? MessageId = null);

/// <summary>A decision as it is stored and hashed.</summary>
internal sealed record DecisionRow(
    Guid Id, DecisionDraft Draft, DateTimeOffset At, DateTimeOffset RecordedAt, string AskedBy);
