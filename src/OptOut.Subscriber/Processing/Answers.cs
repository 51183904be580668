using OptOut.Contracts;
using OptOut.Subscriber.Fencing;

namespace OptOut.Subscriber.Processing;

/// <summary>Which acknowledgement says what happened. Each repeats the delivery that it answers.</summary>
internal static class Answers
{
    internal static Acknowledgement From(OptOutEventData told, HandlingResult result, DateTimeOffset now)
    {
        var acted = result.Outcome is AcknowledgementOutcome.Applied or AcknowledgementOutcome.NoMatch;
        var answer = Say(told, result.Outcome, result.Reason) with
        {
            AppliedAt = acted ? now : null,
            Actions = result.Actions,
        };
        return answer.IsWithinBounds() ? answer : Failed(told, "result_out_of_bounds");
    }

    internal static Acknowledgement Received(OptOutEventData told) => Say(told, AcknowledgementOutcome.Received);

    internal static Acknowledgement Failed(OptOutEventData told, string reason) =>
        Say(told, AcknowledgementOutcome.Failed, reason);

    /// <summary>The outcome that was acknowledged before, for the delivery that asks now.</summary>
    internal static Acknowledgement Again(OptOutEventData told, FencedVersion last) =>
        Say(told, last.Outcome, last.Reason) with { AppliedAt = last.AppliedAt, Actions = last.Actions };

    /// <summary>
    /// An older version than the one in force. It was not applied, the person is not unknown, and nobody has to look: the
    /// one true word left is that it arrived. It closes nothing; the service closes the older delivery as superseded when
    /// it takes the acknowledgement of the newer one.
    /// </summary>
    internal static Acknowledgement Superseded(OptOutEventData told) =>
        Say(told, AcknowledgementOutcome.Received, "superseded");

    /// <summary>Two records under one number: one of them is not the truth, and people have to look.</summary>
    internal static Acknowledgement Conflict(OptOutEventData told) =>
        Say(told, AcknowledgementOutcome.Refused, "version_conflict");

    internal static FencedVersion Remember(Acknowledgement answer) => new(
        answer.Version, answer.RecordHash, answer.Outcome, answer.AppliedAt, answer.Actions, answer.Reason);

    private static Acknowledgement Say(OptOutEventData told, AcknowledgementOutcome outcome, string? reason = null) =>
        new()
        {
            DeliveryId = told.DeliveryId,
            OptOutId = told.OptOutId,
            Version = told.Version,
            RecordHash = told.RecordHash,
            Outcome = outcome,
            Reason = reason,
        };
}
