using System.Text.Json;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Findings.Endpoints;

/// <summary>Silences a finding for long once a second operator has approved it.</summary>
internal sealed class ApprovedSilence(IServiceProvider services) : IApprovedAct
{
    public const string ActName = "finding.silence";

    public string Act => ActName;

    public RoleSet Role => RoleSet.Operator;

    public async Task<ActOutcome> ExecuteAsync(
        RegistryTransaction transaction, ApprovedRequest request, CancellationToken cancellationToken)
    {
        var pending = JsonSerializer.Deserialize(request.Payload, FindingsJson.Strict.PendingSilence)!;
        PublicId.TryParse(request.Target, PublicId.Finding, out var id);
        // The desk knows every act, and this act asks the desk: so it is found when it is needed.
        var acts = services.GetRequiredService<FindingActs>();
        var leaf = await acts.SilenceAsync(
            transaction, id, pending.Seconds, pending.Reason, request.ApprovedBy, cancellationToken);
        return leaf is null ? ActOutcome.Refused(ApprovalProblems.Stale.With()) : ActOutcome.Done(leaf);
    }
}
