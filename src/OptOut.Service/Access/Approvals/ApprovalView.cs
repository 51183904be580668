using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Access.Approvals;

/// <summary>The answer to an act that waits for a second person.</summary>
/// <param name="ApprovalId">What the second person approves: <c>apr_</c> and 32 hex digits.</param>
/// <param name="Act">What will be done, such as <c>system.retire</c>.</param>
/// <param name="Target">To what: the name of a system or purpose.</param>
/// <param name="State"><c>waiting</c>, <c>approved</c> or <c>expired</c>.</param>
/// <param name="RequestedBy">The key that asked.</param>
/// <param name="RequestedAt">When, by the database's clock.</param>
/// <param name="ExpiresAt">Until when it can be approved, by the same clock.</param>
/// <param name="ApprovedBy">The key that approved, once it did.</param>
/// <param name="ApprovedAt">When it did.</param>
public sealed record ApprovalView(
    string ApprovalId,
    string Act,
    string Target,
    string State,
    string RequestedBy,
    DateTimeOffset RequestedAt,
    DateTimeOffset ExpiresAt,
    string? ApprovedBy,
    DateTimeOffset? ApprovedAt)
{
    internal const string Prefix = "apr_";

    internal static ApprovalView Of(ApprovalRow row, DateTimeOffset databaseNow) => new(
        PublicId.Format(Prefix, row.ApprovalId),
        row.Act,
        row.Target,
        row.ApprovedBy is not null ? "approved" : row.ExpiresAt <= databaseNow ? "expired" : "waiting",
        row.RequestedBy,
        row.RequestedAt,
        row.ExpiresAt,
        row.ApprovedBy,
        row.ApprovedAt);
}

[JsonSerializable(typeof(ApprovalView))]
internal sealed partial class ApprovalsJson : JsonSerializerContext
{
    public static ApprovalsJson Strict { get; } = new(OptOutJson.NewOptions());
}
