using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Enforcement.Importing;

/// <summary>A file of stops, and how far it is.</summary>
/// <param name="Id"><c>imp_…</c></param>
/// <param name="State">
/// <c>receiving</c>, <c>awaiting_approval</c>, <c>running</c>, <c>finished</c>, <c>refused</c> or <c>failed</c>.
/// </param>
/// <param name="Format"><c>ndjson</c>, <c>csv</c>, <c>sendgrid</c>, <c>mailchimp</c> or <c>ses</c>.</param>
/// <param name="DryRun">True where nothing is recorded and only what would be is told.</param>
/// <param name="Rows">Rows of the file.</param>
/// <param name="Done">Rows that have a result.</param>
/// <param name="Created">Stops recorded, or in a dry run those that would be.</param>
/// <param name="Repeated">Rows whose stop stood already.</param>
/// <param name="Rejected">Rows that cannot be read or do not say stop.</param>
/// <param name="Code">Why it failed or was refused.</param>
/// <param name="RequestedAt">When the upload began.</param>
/// <param name="FinishedAt">When it ended.</param>
public sealed record ImportView(
    string Id,
    string State,
    string Format,
    bool DryRun,
    long Rows,
    long Done,
    long Created,
    long Repeated,
    long Rejected,
    string? Code,
    DateTimeOffset RequestedAt,
    DateTimeOffset? FinishedAt)
{
    internal static ImportView Of(ImportJob job) => new(
        PublicId.Format(EnforcementIds.Import, job.Id), job.State, job.Settings.Format, job.Settings.DryRun, job.Rows,
        job.Created + job.Repeated + job.Rejected, job.Created, job.Repeated, job.Rejected, job.ReasonCode,
        job.RequestedAt, job.FinishedAt);
}

/// <summary>What came of one row.</summary>
/// <param name="Row">Its number, from 1 on; headers and blank lines are not counted.</param>
/// <param name="Status">
/// <c>created</c>, <c>repeated</c>, <c>rejected</c>; in a dry run <c>would_create</c>, <c>would_repeat</c>.
/// </param>
/// <param name="Code">Why it was rejected.</param>
/// <param name="OptOutId">The opt-out that stands now.</param>
public sealed record ImportRowView(long Row, string Status, string? Code, string? OptOutId);

[JsonSerializable(typeof(ImportView))]
[JsonSerializable(typeof(ListAnswer<ImportRowView>))]
[JsonSerializable(typeof(ImportSettings))]
[JsonSerializable(typeof(List<ImportRow>))]
internal sealed partial class ImportJson : JsonSerializerContext
{
    public static ImportJson Strict { get; } = new(OptOutJson.NewOptions());
}
