using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit;
using OptOut.Service.Systems.Registration;
using OptOut.Service.Systems.Rows;

namespace OptOut.Service.Systems.Operation;

/// <summary>
/// Retires a system once a second operator has approved it: nothing new is written for it, and what it still owed is closed
/// in the same transaction, as never applied.
/// </summary>
internal sealed class ApprovedRetirement(SystemActs acts, AfterCommit afterCommit, TimeProvider clock) : IApprovedAct
{
    public const string ActName = "system.retire";

    public string Act => ActName;

    public RoleSet Role => RoleSet.Operator;

    public async Task<ActOutcome> ExecuteAsync(
        RegistryTransaction transaction, ApprovedRequest request, CancellationToken cancellationToken)
    {
        var pending = JsonSerializer.Deserialize(request.Payload, SystemsJson.Strict.PendingRetirement)!;
        var row = await transaction.Context.Set<SystemRow>()
            .SingleOrDefaultAsync(s => s.Name == request.Target, cancellationToken);
        if (row is null || row.Version != pending.Version) return ActOutcome.Refused(ApprovalProblems.Stale.With());
        row.State = SystemStates.Retired;
        row.StateReason = null;
        row.Version++;
        row.UpdatedAt = clock.GetUtcNow();
        // The state first, so that no claim after this commit can find a row of it.
        await transaction.Context.SaveChangesAsync(cancellationToken);
        var owed = await RetiredDebts.CloseAsync(transaction, row.SystemId, cancellationToken);
        var leaf = acts.Leaf.Of(
            LedgerKinds.SystemRetired, row, request.ApprovedBy, request.ApprovalId, request.RequestedBy, owed);
        return ActOutcome.Done(leaf, () => afterCommit.RetiredAsync(row));
    }
}
