using Microsoft.AspNetCore.Http.HttpResults;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Enforcement.Filtering;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Importing;

/// <summary>
/// <c>POST /v1/imports</c>: a file of stops, streamed in and worked afterwards. It can only strengthen. 202 with the job, or
/// with the approval that a large one waits for.
/// </summary>
internal static class PostImport
{
    public static readonly ProblemKind FileRefused = new(422, "import_refused", "The file cannot be imported.",
        "Its header is not one of the named format's, or it is larger than this installation takes.");

    private const string Interrupted = "upload_interrupted";

    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(1);

    public static async Task<IResult> HandleAsync(
        HttpContext http, PurposeDirectory purposes, ImportStore store, ImportReceiver receiver, ImportStart start,
        ApprovalDesk approvals, EnforcementOptions options, TimeProvider clock)
    {
        if (!IdempotencyKeyHeader.TryRead(http, out var key, out var keyProblem))
            return keyProblem;
        if (key is null)
            return ProblemKinds.IdempotencyKeyRequired.With();
        if (!LineMedia.IsNdjson(http.Request) && !LineMedia.IsCsv(http.Request))
            return ProblemKinds.UnsupportedMediaType.With("Send application/x-ndjson or text/csv in UTF-8.");
        if (await SettingsAsync(http, purposes) is not { } settings)
            return ProblemKinds.InvalidParameter.With(
                "format, purpose, channel, regime and dryRun must have the documented values where they are given.");

        LineMedia.LiftLimits(http);
        var caller = http.Caller();
        var lines = new LineReader(http.Request.BodyReader, RequestBody.RecordLimit, PostFilter.Idle);
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        if (!await store.TryBeginAsync(
            id, settings, (caller.KeyId, caller.Actor, key), clock.GetUtcNow(), http.RequestAborted))
            return await RepeatAsync(http, store, receiver, lines, (caller.KeyId, key));

        ReceivedFile file;
        try
        {
            file = await receiver.TakeAsync(id, settings, lines, keep: true, http.RequestAborted);
        }
        catch
        {
            await store.AbandonAsync(id, Interrupted, clock.GetUtcNow());
            throw;
        }

        if (file.Refusal is { } refusal)
        {
            await store.AbandonAsync(id, refusal, clock.GetUtcNow());
            return FileRefused.With(refusal);
        }

        if (file.Rows > options.ImportRowsForApproval && !settings.DryRun)
            return await start.AskAsync(http, approvals, id, file, CancellationToken.None);
        await start.RunAsync(id, settings.Format, file, caller.Actor, CancellationToken.None);
        return Accepted(http, (await store.FindAsync(id, CancellationToken.None))!);
    }

    /// <summary>The same key: the same file is the same job, another one is refused.</summary>
    private static async Task<IResult> RepeatAsync(
        HttpContext http, ImportStore store, ImportReceiver receiver, LineReader lines, (string KeyId, string Key) caller)
    {
        if (await store.FindAsync(caller.KeyId, caller.Key, http.RequestAborted) is not { FileDigest: { } digest } job)
            return new Problem(ProblemKinds.IdempotencyInProgress, RetryAfter: RetrySoon);
        var again = await receiver.TakeAsync(job.Id, job.Settings, lines, keep: false, http.RequestAborted);
        if (!again.Digest.AsSpan().SequenceEqual(digest))
            return ProblemKinds.IdempotencyKeyReused.With();
        http.Response.Headers["Idempotent-Replayed"] = "true";
        return Accepted(http, job);
    }

    private static JsonHttpResult<ImportView> Accepted(HttpContext http, ImportJob job)
    {
        var view = ImportView.Of(job);
        http.Response.Headers.Location = "/v1/imports/" + view.Id;
        return TypedResults.Json(view, ImportJson.Strict.ImportView, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<ImportSettings?> SettingsAsync(HttpContext http, PurposeDirectory purposes)
    {
        var query = http.Request.Query;
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var name in (string[])["format", "purpose", "channel", "regime", "dryRun"])
        {
            if (query[name].Count > 1)
                return null;
            values[name] = query[name].Count == 1 ? query[name][0] : null;
        }

        var format = values["format"] ?? (LineMedia.IsCsv(http.Request) ? ImportFormats.Csv : ImportFormats.Ndjson);
        var channel = values["channel"] ?? Channels.Any;
        var purpose = values["purpose"];
        var regime = values["regime"];
        if (!ImportFormats.IsKnown(format) || !Channels.IsKnown(channel) || values["dryRun"] is not (null or "true" or "false")
            || regime is { Length: 0 or > 64 } || regime?.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '.') == false
            || (purpose is not null && !(ScopeRules.IsPurposeName(purpose) && await purposes.ExistsAsync(purpose, http.RequestAborted))))
            return null;
        // What a vendor exports names no purpose of ours.
        return purpose is null && format is not (ImportFormats.Ndjson or ImportFormats.Csv)
            ? null
            : new ImportSettings(format, purpose, channel, regime, values["dryRun"] == "true");
    }
}
