using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Reports;

/// <summary>What was asked of the service in a period, what was done, and what was not.</summary>
/// <param name="Id"><c>rpt_</c> and 32 hex digits.</param>
/// <param name="Origin">The log that seals it.</param>
/// <param name="From">The period's first instant.</param>
/// <param name="To">The first instant after it.</param>
/// <param name="GeneratedAt">When it was made, by the database's clock.</param>
/// <param name="GeneratedBy">The key that asked.</param>
/// <param name="Sections">The figures, always the same sections in the same order.</param>
public sealed record ComplianceReport(
    string Id,
    string Origin,
    DateTimeOffset From,
    DateTimeOffset To,
    DateTimeOffset GeneratedAt,
    string GeneratedBy,
    IReadOnlyList<ReportSection> Sections);

/// <summary>One table.</summary>
/// <param name="Name">Its name, snake_case.</param>
/// <param name="Title">For people.</param>
/// <param name="Recorded">False where this installation does not record it: then nothing is known, which is not zero.</param>
/// <param name="Note">What the reader has to know about the figures.</param>
/// <param name="Columns">Names of the columns.</param>
/// <param name="Rows">The rows; each value is text, a number, true, false or null.</param>
public sealed record ReportSection(
    string Name,
    string Title,
    bool Recorded,
    string? Note,
    IReadOnlyList<string> Columns,
    IReadOnlyList<IReadOnlyList<object?>> Rows)
{
    internal static ReportSection NotRecorded(string name, string title) =>
        new(name, title, false, "Not recorded by this installation.", [], []);
}

/// <summary>The seal: the hash of the report's bytes, and the ledger's entry that holds it.</summary>
/// <param name="Sha256">Base64 SHA-256 over the bytes of the member <c>report</c>, exactly as they stand.</param>
/// <param name="EntryId">The entry; its receipt is at <c>/v1/ledger/receipts/{entryId}</c>, its opening names the hash.</param>
public sealed record ReportSeal(string Sha256, string EntryId);

/// <summary>The numbers that the service publishes about itself.</summary>
/// <param name="AsOf">By the database's clock.</param>
/// <param name="Days">Over how many days the lag and the leaks are counted.</param>
/// <param name="Systems">For each system that is told.</param>
/// <param name="LedgerVerifiedUpTo">The size of the newest signed checkpoint; null where none was signed.</param>
/// <param name="CheckpointSignedAt">When it was signed.</param>
public sealed record PublishedNumbers(
    DateTimeOffset AsOf, int Days, IReadOnlyList<SystemNumbers> Systems, long? LedgerVerifiedUpTo, DateTimeOffset? CheckpointSignedAt);

/// <summary>One system.</summary>
/// <param name="System">Its name.</param>
/// <param name="P50Ms">Press to applied: half were faster.</param>
/// <param name="P95Ms">95 of 100 were faster.</param>
/// <param name="MaxMs">The slowest.</param>
/// <param name="SentAfterStop">Messages that were reported sent after the stop.</param>
/// <param name="LastGoodProbeSeconds">The age of the last good probe; null where there never was one.</param>
public sealed record SystemNumbers(
    string System, long? P50Ms, long? P95Ms, long? MaxMs, long SentAfterStop, long? LastGoodProbeSeconds);

[JsonSerializable(typeof(ComplianceReport))]
[JsonSerializable(typeof(ReportSeal))]
[JsonSerializable(typeof(PublishedNumbers))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(DateTimeOffset))]
internal sealed partial class ReportsJson : JsonSerializerContext
{
    public static ReportsJson Strict { get; } = new(OptOutJson.NewOptions());
}
