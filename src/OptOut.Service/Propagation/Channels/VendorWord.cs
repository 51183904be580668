using OptOut.Contracts;
using OptOut.Service.Propagation.Channels.Connector;
using OptOut.Service.Propagation.Channels.Connector.Calling;

namespace OptOut.Service.Propagation.Channels;

/// <summary>What a vendor's answers mean, where it has no words of ours: recorded by the service as an acknowledgement.</summary>
/// <param name="EvidenceHash">SHA-256 of what it answered.</param>
/// <param name="ReadBackAfter">When the vendor is asked whether it still holds the stop; null for never.</param>
internal sealed record VendorWord(
    AcknowledgementOutcome Outcome,
    byte[] EvidenceHash,
    IReadOnlyList<AcknowledgementAction> Actions,
    string? Reason,
    TimeSpan? ReadBackAfter)
{
    /// <summary>One word of all answers; null where any of them says nothing. The worst counts.</summary>
    public static VendorWord? Of(
        IReadOnlyList<OutcomeRule<AcknowledgementOutcome>?> read, ConnectorDefinition definition, bool stopped, byte[] hash)
    {
        AcknowledgementOutcome[] worstFirst =
        [
            AcknowledgementOutcome.Failed, AcknowledgementOutcome.Refused, AcknowledgementOutcome.Received,
            AcknowledgementOutcome.Applied, AcknowledgementOutcome.NoMatch,
        ];
        if (read.FirstOrDefault(rule => rule?.Is == AcknowledgementOutcome.Failed) is null && read.Any(rule => rule is null))
            return null;
        var outcome = worstFirst.First(one => read.Any(rule => rule?.Is == one));
        var reason = read.FirstOrDefault(rule => rule?.Is == outcome)?.Reason;
        var applied = read.Count(rule => rule?.Is == AcknowledgementOutcome.Applied);
        return outcome == AcknowledgementOutcome.Applied
            ? new VendorWord(outcome, hash,
                [
                    new AcknowledgementAction
                    {
                        Asset = definition.Name, Action = stopped ? definition.Action : AppliedAction.None, Count = applied,
                        Method = stopped ? "stop" : "lift",
                    },
                ], reason, stopped ? definition.ReadBack?.After : null)
            : new VendorWord(outcome, hash, [], reason, null);
    }
}
