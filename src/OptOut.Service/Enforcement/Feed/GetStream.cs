using OptOut.Service.Access;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Feed;

/// <summary><c>GET /v1/suppressions/stream</c>: the suppression list and its changes, as docs/enforcement.md describes.</summary>
internal static class GetStream
{
    public static readonly ProblemKind LedgerNotCurrent = new(503, "ledger_not_current",
        "The ledger disagrees with what was published.",
        "Stops may be missing, so nothing is called go until a person has looked. Keep suppressing.");

    private const string NoBasis = "no_basis";
    private const string HistoryChanged = "history_changed";

    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(5);

    public static async Task<IResult> HandleAsync(
        HttpContext http, FeedQueries queries, FeedHub hub, FeedHello hello, PurposeDirectory purposes, ICursors cursors,
        DataStanding data, Authenticator authenticator, EnforcementOptions options, IHostApplicationLifetime lifetime)
    {
        if (!TryReadBasis(http, cursors, out var text, out var basis))
            return ProblemKinds.InvalidCursor.With();
        if (!data.IsCurrent)
            return new Problem(LedgerNotCurrent, RetryAfter: RetrySoon);
        if (!hub.TryEnter(options.Streams))
            return new Problem(ProblemKinds.Overloaded, RetryAfter: RetrySoon);
        try
        {
            var now = await queries.MomentAsync(http.RequestAborted);
            string? reason = null;
            if (basis is null)
                reason = NoBasis;
            else if (basis.Value.History != now.History || basis.Value.Transaction > now.Transaction)
                (basis, text, reason) = (null, null, HistoryChanged);
            else if (basis.Value.Transfer is { Entries: 0 })
                reason = NoBasis;

            http.Response.ContentType = "text/event-stream";
            // Proxies that gather answers would hold changes back.
            http.Response.Headers["X-Accel-Buffering"] = "no";
            var session = new FeedSession(queries, hub, purposes, cursors, http.Response.BodyWriter, EntitlementAsync);
            await session.RunAsync(basis, text, hello.Of(reason), http.RequestAborted);
            return Results.Empty;
        }
        finally
        {
            hub.Leave();
        }

        async ValueTask<string?> EntitlementAsync()
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested)
                return FeedEnds.Stopping;
            if (!data.IsCurrent)
                return FeedEnds.LedgerNotCurrent;
            var authentication = await authenticator.AuthenticateAsync(http);
            return authentication.Caller is { } caller && caller.Has(RoleSet.Gate) ? null : FeedEnds.KeyRevoked;
        }
    }

    /// <summary>True with nothing where the caller has nothing.</summary>
    private static bool TryReadBasis(HttpContext http, ICursors cursors, out string? text, out FeedCursor? basis)
    {
        basis = null;
        var values = http.Request.Query["basis"];
        if (values.Count == 0)
            values = http.Request.Headers["Last-Event-ID"];
        text = values.Count == 0 ? null : values[0];
        if (values.Count == 0)
            return true;
        if (values.Count > 1 || !FeedCursor.TryOpen(text, cursors, out var cursor))
            return false;
        basis = cursor;
        return true;
    }
}
