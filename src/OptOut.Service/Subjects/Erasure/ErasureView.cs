using OptOut.Service.Platform.Http;

namespace OptOut.Service.Subjects.Erasure;

/// <summary>Where an erasure stands.</summary>
/// <param name="SubjectId"><c>sub_…</c>: the id stays, and says nothing by itself.</param>
/// <param name="State"><c>waiting</c> until every system has been told, then <c>erased</c>.</param>
/// <param name="DueAt">When it is done at the latest, whatever is then still open.</param>
/// <param name="OpenDeliveries">What was still open when it was done: systems that may never have heard of the stop.</param>
/// <param name="LedgerEntryId">The leaf <c>erased</c>, once it is done.</param>
public sealed record ErasureView(
    string SubjectId, string State, DateTimeOffset RequestedAt, DateTimeOffset DueAt, int OpenDeliveries,
    DateTimeOffset? ErasedAt, string? LedgerEntryId)
{
    internal const string Example =
        """
        { "subjectId": "sub_01998a6f0c2e7aa48d1b6f3c5e9d2070", "state": "waiting",
          "requestedAt": "2026-11-20T15:00:00.120Z", "dueAt": "2026-12-20T15:00:00.120Z", "openDeliveries": 0,
          "erasedAt": null, "ledgerEntryId": null }
        """;

    internal static ErasureView Of(ErasureRow row) => new(
        PublicId.Format(PublicId.Subject, row.SubjectId), row.State, row.RequestedAt, row.DueAt, row.OpenDeliveries,
        row.ErasedAt, row.LedgerEntryId?.ToString("N"));
}
