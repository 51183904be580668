using System.Text.Json.Serialization;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Recovering;

/// <summary>A recovery after an older backup was restored.</summary>
/// <param name="State"><c>requested</c>, <c>running</c>, <c>done</c> or <c>failed</c>.</param>
/// <param name="Code">Why it failed.</param>
/// <param name="FromSize">Leaves that the database had.</param>
/// <param name="ToSize">Leaves that had been published.</param>
/// <param name="Done">Leaves gone over so far.</param>
/// <param name="Versions">Versions of opt-outs put back.</param>
/// <param name="Erasures">Erasures that are done once more.</param>
public sealed record RecoveryView(
    string Id, string State, string? Code, DateTimeOffset RequestedAt, long? FromSize, long? ToSize, long Done,
    int Versions, int Erasures, DateTimeOffset? FinishedAt)
{
    internal const string Example =
        """
        { "id": "rcv_01998a6f0c2e7aa48d1b6f3c5e9d2070", "state": "running", "code": null,
          "requestedAt": "2026-11-20T15:00:00.120Z", "fromSize": 41, "toSize": 64, "done": 23, "versions": 12,
          "erasures": 1, "finishedAt": null }
        """;

    internal static RecoveryView Of(RecoveryRow row) => new(
        PublicId.Format(RecoveryEndpoints.Prefix, row.RecoveryId), row.State, row.Code, row.RequestedAt, row.FromSize,
        row.ToSize, row.Done, row.Versions, row.Erasures, row.FinishedAt);
}

/// <summary><c>POST /v1/ledger/recoveries</c> and <c>GET /v1/ledger/recoveries/{id}</c>.</summary>
internal static class RecoveryEndpoints
{
    public const string Prefix = "rcv_";

    public static readonly ProblemKind NothingForgotten = new(409, "ledger.nothing_forgotten",
        "This database is not behind what was published.",
        "A recovery puts back what a restored backup has forgotten. Where nothing is forgotten there is nothing to do.");

    public static async Task<IResult> AskAsync(
        HttpContext http, RecoveryRows rows, LedgerStanding standing, TimeProvider clock)
    {
        if (standing.IsCurrent)
            return NothingForgotten.With();
        var row = await rows.WantedAsync(http.RequestAborted);
        if (row is null)
        {
            var id = Guid.CreateVersion7(clock.GetUtcNow());
            await rows.AskAsync(id, http.Caller().Actor, clock.GetUtcNow(), http.RequestAborted);
            row = await rows.FindAsync(id, http.RequestAborted);
        }

        var view = RecoveryView.Of(row!);
        http.Response.Headers.Location = "/v1/ledger/recoveries/" + view.Id;
        return TypedResults.Json(view, RecoveryJson.Strict.RecoveryView, statusCode: StatusCodes.Status202Accepted);
    }

    public static async Task<IResult> FindAsync(HttpContext http, string id, RecoveryRows rows) =>
        PublicId.TryParse(id, Prefix, out var recoveryId)
        && await rows.FindAsync(recoveryId, http.RequestAborted) is { } row
            ? TypedResults.Json(RecoveryView.Of(row), RecoveryJson.Strict.RecoveryView)
            : ProblemKinds.NotFound.With();
}

[JsonSerializable(typeof(RecoveryView))]
internal sealed partial class RecoveryJson : JsonSerializerContext
{
    public static RecoveryJson Strict { get; } = new(OptOutJson.NewOptions());
}
