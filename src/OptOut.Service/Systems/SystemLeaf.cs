using System.Text.Json;
using System.Text.Json.Serialization;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Systems.Operation;
using OptOut.Service.Systems.Registration;
using OptOut.Service.Systems.Rows;

namespace OptOut.Service.Systems;

/// <summary>Makes the one leaf of each act on a system. What the operator wrote stands in the opening only.</summary>
internal sealed class SystemLeaf(SecretBox secrets, TimeProvider clock)
{
    public LedgerEntry Of(string kind, SystemRow row, string actor, Guid? approvalId = null, string? requestedBy = null,
        ClosedDebts? owed = null, DateTimeOffset? since = null)
    {
        var payload = new SystemLeafPayload(
            row.Name, row.State, row.StateReason, SystemDefinition.Of(row), row.HmacKeyId, approvalId, requestedBy,
            owed?.Closed, owed?.Digest, since);
        return LedgerEntry.ForConfiguration(
            new LedgerFacts(kind, row.PublicId, row.Version, actor, clock.GetUtcNow(), row.Name, row.State),
            JsonSerializer.SerializeToUtf8Bytes(payload, SystemsJson.Strict.SystemLeafPayload),
            secrets);
    }
}

/// <summary>
/// The private part of such a leaf: the system as the act left it, who asked where two people acted, what a retirement
/// closed, and since when a replay sends again.
/// </summary>
internal sealed record SystemLeafPayload(
    string Name,
    string State,
    string? StateReason,
    SystemDefinition Definition,
    string HmacKeyId,
    Guid? ApprovalId,
    string? RequestedBy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ClosedDeliveries = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ClosedDigest = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Since = null);
