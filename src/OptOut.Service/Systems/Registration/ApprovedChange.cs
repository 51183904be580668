using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit;
using OptOut.Service.Systems.Rows;

namespace OptOut.Service.Systems.Registration;

/// <summary>A change that lowers protection, done once a second operator has approved it.</summary>
internal sealed class ApprovedChange(SystemActs acts, AfterCommit afterCommit) : IApprovedAct
{
    public const string ActName = "system.change";

    public string Act => ActName;

    public RoleSet Role => RoleSet.Operator;

    public async Task<ActOutcome> ExecuteAsync(
        RegistryTransaction transaction, ApprovedRequest request, CancellationToken cancellationToken)
    {
        var pending = JsonSerializer.Deserialize(request.Payload, SystemsJson.Strict.PendingSystem)!;
        var row = await transaction.Context.Set<SystemRow>()
            .SingleOrDefaultAsync(s => s.Name == request.Target, cancellationToken);
        if (row is null || row.Version != pending.Version) return ActOutcome.Refused(ApprovalProblems.Stale.With());
        await acts.ChangeAsync(transaction, row, pending.Definition, cancellationToken);
        var leaf = acts.Leaf.Of(
            LedgerKinds.SystemChanged, row, request.ApprovedBy, request.ApprovalId, request.RequestedBy);
        return ActOutcome.Done(leaf, () => afterCommit.RegisteredAsync(row));
    }
}
