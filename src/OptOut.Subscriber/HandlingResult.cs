using OptOut.Contracts;

namespace OptOut.Subscriber;

/// <summary>What a handler did with a notice. Goes into the acknowledgement, so it holds no personal data.</summary>
public sealed record HandlingResult
{
    private HandlingResult(AcknowledgementOutcome outcome) => Outcome = outcome;

    /// <summary>The outcome to acknowledge.</summary>
    public AcknowledgementOutcome Outcome { get; }

    /// <summary>What was done, for <see cref="AcknowledgementOutcome.Applied"/>.</summary>
    public IReadOnlyList<AcknowledgementAction> Actions { get; private init; } = [];

    /// <summary>Why not, for refused and failed. At most 500 characters, the rest is cut off.</summary>
    public string? Reason { get; private init; }

    /// <summary>The version is in force in this system.</summary>
    public static HandlingResult Applied(params IReadOnlyList<AcknowledgementAction> actions) =>
        new(AcknowledgementOutcome.Applied) { Actions = actions };

    /// <summary>The version is in force: one action on one kind of asset.</summary>
    public static HandlingResult Applied(string asset, AppliedAction action, int count, string? method = null) =>
        Applied(new AcknowledgementAction { Asset = asset, Action = action, Count = count, Method = method });

    /// <summary>This system holds nothing about the person.</summary>
    public static HandlingResult NoMatch() => new(AcknowledgementOutcome.NoMatch);

    /// <summary>This system will not apply it; people have to look. A later resend asks the handler again.</summary>
    public static HandlingResult Refused(string reason) => new(AcknowledgementOutcome.Refused) { Reason = Cut(reason) };

    /// <summary>It did not work this time. Tried again like an exception.</summary>
    public static HandlingResult Failed(string reason) => new(AcknowledgementOutcome.Failed) { Reason = Cut(reason) };

    private static string Cut(string reason) =>
        reason.Length <= ContractLimits.MaxReasonLength ? reason : reason[..ContractLimits.MaxReasonLength];
}
