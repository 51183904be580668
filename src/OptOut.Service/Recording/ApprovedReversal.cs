using System.Text.Json;
using System.Text.Json.Serialization;
using OptOut.Ledger;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Recording.Endpoints;
using OptOut.Service.Recording.GroupCommit;

namespace OptOut.Service.Recording;

/// <summary>A reversal that waits for a second person. The proof stays the subject's own token, by its hash.</summary>
internal sealed record PendingReversal(Guid OptOutId, int? Version, string TokenHash);

/// <summary>
/// Lifts a stop under an integrity lock, once a second person has approved it. Without the subject's token, which is still
/// checked and still spent once, no number of people can.
/// </summary>
internal sealed class ApprovedReversal(IServiceProvider services, SecretBox secrets, TimeProvider clock) : IApprovedAct
{
    public const string ActName = "opt_out.reverse";

    public string Act => ActName;

    public RoleSet Role => RoleSet.Portal | RoleSet.Operator;

    public async Task<ActOutcome> ExecuteAsync(
        RegistryTransaction transaction, ApprovedRequest request, CancellationToken cancellationToken)
    {
        var pending = JsonSerializer.Deserialize(request.Payload, ApprovedReversalJson.Strict.PendingReversal)!;
        var command = new ReversalCommand(pending.OptOutId, pending.Version, Convert.FromBase64String(pending.TokenHash),
            PostReversal.Claims, new RecordingContext(request.RequestedBy, null));
        var outcome = await services.GetRequiredService<RecordingWriter>().SubmitOneAsync(command, cancellationToken);
        if (outcome is RefusedOutcome refused) return ActOutcome.Refused(RecordingProblems.Of(refused));
        if (outcome is not RecordedOutcome) return ActOutcome.Refused(ProblemKinds.Overloaded.With());
        return ActOutcome.Done(LedgerEntry.ForConfiguration(
            new LedgerFacts(LedgerKinds.OverrideApproved, request.ApprovalId, 0, request.ApprovedBy,
                Milliseconds.Truncate(clock.GetUtcNow()), Outcome: ActName),
            CanonicalJson.ToBytes(new CanonicalObject { { "requestedBy", request.RequestedBy }, { "type", "optout.approval/1" } }),
            secrets));
    }
}

[JsonSerializable(typeof(PendingReversal))]
internal sealed partial class ApprovedReversalJson : JsonSerializerContext
{
    public static ApprovedReversalJson Strict { get; } = new(OptOutJson.NewOptions());
}
