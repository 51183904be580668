using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Purposes;

/// <summary>An edit that lowers protection, done once a second admin has approved it.</summary>
internal sealed class PurposeEdit(SecretBox secrets, TimeProvider clock) : IApprovedAct
{
    public const string ActName = "purpose.change";

    public string Act => ActName;

    public RoleSet Role => RoleSet.Admin;

    public async Task<ActOutcome> ExecuteAsync(
        RegistryTransaction transaction, ApprovedRequest request, CancellationToken cancellationToken)
    {
        var pending = JsonSerializer.Deserialize(request.Payload, PurposesJson.Strict.PendingPurpose)!;
        var row = await transaction.Context.Set<PurposeRow>()
            .SingleOrDefaultAsync(p => p.Name == request.Target, cancellationToken);
        if (row is null || row.Version != pending.Version) return ActOutcome.Refused(ApprovalProblems.Stale.With());
        Apply(row, pending.Request, clock);
        return ActOutcome.Done(Leaf(row, request.ApprovedBy, clock, secrets));
    }

    public static void Apply(PurposeRow row, PurposeRequest request, TimeProvider clock)
    {
        row.DisplayName = request.DisplayName;
        row.Overridable = request.Overridable;
        row.ObjectiveSeconds = request.ObjectiveSeconds;
        row.Version++;
        row.UpdatedAt = clock.GetUtcNow();
    }

    public static LedgerEntry Leaf(PurposeRow row, string actor, TimeProvider clock, SecretBox secrets) =>
        LedgerEntry.ForConfiguration(
            new LedgerFacts(LedgerKinds.PurposeChanged, RecordOf(row.Name), row.Version, actor, clock.GetUtcNow()),
            JsonSerializer.SerializeToUtf8Bytes(PurposeView.Of(row), PurposesJson.Strict.PurposeView),
            secrets);

    // A purpose has no uuid: its record is the first half of its name's SHA-256.
    private static Guid RecordOf(string name) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes("purpose:" + name)).AsSpan(0, 16), bigEndian: true);
}
