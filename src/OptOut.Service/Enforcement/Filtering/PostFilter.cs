using OptOut.Service.Access;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Enforcement.Feed;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Filtering;

/// <summary>
/// <c>POST /v1/suppressions/filter</c>: lines go in, those that may be used come out byte for byte and in order. A line that
/// cannot be read never comes out, and an answer that breaks off has no trailers.
/// </summary>
internal static class PostFilter
{
    public const string Passed = "OptOut-Passed";
    public const string Stopped = "OptOut-Stopped";
    public const string Unreadable = "OptOut-Unreadable";

    /// <summary>How long either side may stand still. A sender of lines may be slower than any request.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(5);

    public static async Task<IResult> HandleAsync(
        HttpContext http, FilterDesk desk, PurposeDirectory purposes, DataStanding data)
    {
        if (!LineMedia.IsNdjson(http.Request))
            return ProblemKinds.UnsupportedMediaType.With("Send application/x-ndjson in UTF-8, without content coding.");
        if (await ScopeOfAsync(http, purposes) is not { } scope)
            return ProblemKinds.InvalidParameter.With("Name one known purpose and one known channel.");
        if (!data.IsCurrent)
            return new Problem(GetStream.LedgerNotCurrent, RetryAfter: RetrySoon);

        LineMedia.LiftLimits(http);
        var caller = http.Caller();
        using var run = new FilterRun(desk, scope, caller.KeyId, caller.Actor);
        await run.RunAsync(
            new LineReader(http.Request.BodyReader, RequestBody.RecordLimit, Idle),
            () =>
            {
                http.Response.ContentType = LineMedia.Ndjson;
                return new TrailedBody(http.Response, Passed, Stopped, Unreadable);
            },
            http.RequestAborted);
        return Results.Empty;
    }

    private static async Task<Scope?> ScopeOfAsync(HttpContext http, PurposeDirectory purposes)
    {
        var query = http.Request.Query;
        return query["purpose"] is [{ } purpose] && query["channel"] is [{ } channel]
            && Channels.IsKnown(channel) && ScopeRules.IsPurposeName(purpose)
            && await purposes.ExistsAsync(purpose, http.RequestAborted)
                ? new Scope(purpose, channel)
                : null;
    }
}
