using OptOut.Service.Access;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation.Reading;
using OptOut.Service.Recording;
using OptOut.Service.Recording.Endpoints;

namespace OptOut.Service.Audit.Reading;

/// <summary><c>GET /v1/opt-outs/{id}/receipt</c>; with <c>Prefer: wait=N</c> it waits for the proof.</summary>
internal static class GetReceipt
{
    private const string SchemaVersion = "optout.receipt/1 ISO-IEC-TS-27560:2023";
    private const string ProofFormat = "c2sp.org/tlog-proof@v1";

    private const string ReversalOf =
        "Only the person lifts this stop: with a single-use link asked for where they are signed in, or by answering "
        + "POST /v1/opt-outs/{0}/reversals with its token.";

    private const string AgainOf = "The stop was lifted by the person. A new stop needs no proof: POST /v1/opt-outs.";

    public static async Task<IResult> HandleAsync(
        HttpContext http, string id, RecordQueries records, DeliveryQueries deliveries, ProofDesk desk, Openings openings,
        LedgerKeys keys)
    {
        if (!PublicId.TryParse(id, PublicId.OptOut, out var optOutId)
            || await records.NewestAsync(optOutId, RecordSight.Of(http.Caller()), http.RequestAborted) is not { } record)
            return ProblemKinds.NotFound.With();

        var entry = await desk.FindAsync(http, record.LedgerEntryId);
        var opening = await openings.FindAsync(record.LedgerEntryId, http.RequestAborted);
        var systems = await deliveries.OfOptOutAsync(optOutId, record.Version, http.RequestAborted);
        var view = RecordView.Of(record);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(
            new OptOutReceiptView(
                SchemaVersion, keys.Origin, view.Id, view.Version, view.SubjectId,
                new ReceiptEvent(view.State, view.RecordedAt, view.OccurredAt, view.Scope, view.Actor, view.Origin,
                    view.Reason, view.Regime),
                view.RecordHash, view.Propagation.State, view.Propagation.Overdue, systems,
                record.Stands ? ReversalOf.Replace("{0}", view.Id, StringComparison.Ordinal) : AgainOf,
                view.LedgerEntryId, opening?.View(record.LedgerEntryId),
                entry?.Receipt is { } receipt ? new ReceiptProof(ProofFormat, receipt.Index, receipt.ToString()) : null),
            LedgerJson.Strict.OptOutReceiptView);
    }
}
