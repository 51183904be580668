using OptOut.Contracts;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>A delivery as the decision needs it.</summary>
/// <param name="NewerClosed">True where this system has closed a newer version of the opt-out.</param>
internal sealed record AcknowledgedDelivery(
    Guid DeliveryId,
    int SystemId,
    Guid OptOutId,
    int Version,
    byte[] RecordHash,
    string State,
    int Attempts,
    DateTimeOffset RecordedAt,
    DateTimeOffset ApplyBy,
    Guid SurvivorId,
    bool NewerClosed);

/// <summary>What an acknowledgement does to its delivery: a new state, or a refusal that changes nothing.</summary>
internal readonly record struct AcknowledgementDecision(string? NewState, string? Rejection)
{
    public static AcknowledgementDecision Move(string state) => new(state, null);
    public static AcknowledgementDecision Reject(string code) => new(null, code);
}

/// <summary>
/// Delivered is not applied: only the system's own word about this very version closes a delivery.
/// Forged, foreign, stale and repeated words change nothing.
/// </summary>
internal static class AcknowledgementDecider
{
    public static AcknowledgementDecision Decide(AcknowledgementClaim claim, AcknowledgedDelivery? delivery)
    {
        if (claim.Rejection is { } early)
            return AcknowledgementDecision.Reject(early);
        if (delivery is null)
            return AcknowledgementDecision.Reject(RejectionCodes.DeliveryUnknown);
        if (delivery.SystemId != claim.System!.Id)
            return AcknowledgementDecision.Reject(RejectionCodes.ForeignDelivery);
        if (!IsSameRecord(claim.Word!, delivery))
            return AcknowledgementDecision.Reject(RejectionCodes.RecordMismatch);
        if (delivery.State == DeliveryStates.Superseded || delivery.NewerClosed)
            return AcknowledgementDecision.Reject(RejectionCodes.Stale);
        return DeliveryStates.IsClosed(delivery.State)
            ? AcknowledgementDecision.Reject(
                StateOf(claim.Word!.Outcome) == delivery.State ? RejectionCodes.Repeated : RejectionCodes.AlreadyClosed)
            : Open(claim.Word!.Outcome, delivery.State);
    }

    private static AcknowledgementDecision Open(AcknowledgementOutcome outcome, string state) =>
        outcome == AcknowledgementOutcome.Received && state == DeliveryStates.Received
            ? AcknowledgementDecision.Reject(RejectionCodes.Repeated)
            : AcknowledgementDecision.Move(StateOf(outcome));

    /// <summary>A failure is tried again; it closes nothing.</summary>
    private static string StateOf(AcknowledgementOutcome outcome) => outcome switch
    {
        AcknowledgementOutcome.Received => DeliveryStates.Received,
        AcknowledgementOutcome.Applied => DeliveryStates.Applied,
        AcknowledgementOutcome.NoMatch => DeliveryStates.NoMatch,
        AcknowledgementOutcome.Refused => DeliveryStates.Refused,
        AcknowledgementOutcome.Failed => DeliveryStates.Retrying,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    private static bool IsSameRecord(Acknowledgement word, AcknowledgedDelivery delivery) =>
        word.Version == delivery.Version
        && PublicId.TryParse(word.OptOutId, PublicId.OptOut, out var optOutId) && optOutId == delivery.OptOutId
        && word.RecordHash == Convert.ToBase64String(delivery.RecordHash);
}
