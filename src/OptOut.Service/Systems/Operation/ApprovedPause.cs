using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit;
using OptOut.Service.Systems.Registration;
using OptOut.Service.Systems.Rows;

namespace OptOut.Service.Systems.Operation;

/// <summary>Pauses a system under an integrity lock, once a second operator has approved it.</summary>
internal sealed class ApprovedPause(SystemActs acts, AfterCommit afterCommit, TimeProvider clock) : IApprovedAct
{
    public const string ActName = "system.pause";

    public string Act => ActName;

    public RoleSet Role => RoleSet.Operator;

    public async Task<ActOutcome> ExecuteAsync(
        RegistryTransaction transaction, ApprovedRequest request, CancellationToken cancellationToken)
    {
        var pending = JsonSerializer.Deserialize(request.Payload, SystemsJson.Strict.PendingPause)!;
        var row = await transaction.Context.Set<SystemRow>()
            .SingleOrDefaultAsync(s => s.Name == request.Target, cancellationToken);
        if (row is null || row.Version != pending.Version) return ActOutcome.Refused(ApprovalProblems.Stale.With());
        row.State = SystemStates.Paused;
        row.StateReason = pending.Reason;
        row.Version++;
        row.UpdatedAt = clock.GetUtcNow();
        var leaf = acts.Leaf.Of(LedgerKinds.SystemPaused, row, request.ApprovedBy, request.ApprovalId, request.RequestedBy);
        return ActOutcome.Done(leaf, () => afterCommit.SwitchedAsync(row.Name));
    }
}

/// <summary>A pause that waits for a second person.</summary>
internal sealed record PendingPause(int Version, string Reason);
