using OptOut.Contracts;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>A delivery as the decision needs it.</summary>
/// <param name="SentAt">When broker or receiver first took it; null where that is not stored yet.</param>
/// <param name="NewerClosed">True where this system has closed a newer version of the opt-out.</param>
/// <param name="NeverSent">True where nothing can have carried it to the system yet.</param>
/// <param name="Heard">The words that were accepted before, each as <see cref="AcknowledgementDecider.KeyOf"/> has it.</param>
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
    DateTimeOffset? SentAt,
    Guid SurvivorId,
    bool NewerClosed,
    bool NeverSent,
    IReadOnlyList<string> Heard);

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
        if (delivery.NeverSent)
            return AcknowledgementDecision.Reject(RejectionCodes.NotSent);
        return DeliveryStates.IsClosed(delivery.State)
            ? AcknowledgementDecision.Reject(
                StateOf(claim.Word!.Outcome) == delivery.State ? RejectionCodes.Repeated : RejectionCodes.AlreadyClosed)
            : Open(claim, delivery);
    }

    /// <summary>
    /// What makes a word of one delivery a repeat: the sender's id of the message, and the outcome, for an HTTP batch may
    /// say two things about a delivery under one id. A second failure is another message; the first one again is not.
    /// </summary>
    public static string KeyOf(AcknowledgementClaim claim) => claim.MessageId + " " + WireNames.Of(claim.Word!.Outcome);

    private static AcknowledgementDecision Open(AcknowledgementClaim claim, AcknowledgedDelivery delivery) =>
        (claim.Word!.Outcome == AcknowledgementOutcome.Received && delivery.State == DeliveryStates.Received)
            || delivery.Heard.Contains(KeyOf(claim))
            ? AcknowledgementDecision.Reject(RejectionCodes.Repeated)
            : AcknowledgementDecision.Move(StateOf(claim.Word.Outcome));

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
