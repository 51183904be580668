using OptOut.Service.Access;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Enforcement.Feed;
using OptOut.Service.Enforcement.Filtering;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;
using OptOut.Service.Systems;

namespace OptOut.Service.Enforcement.Reconciling;

/// <summary>
/// <c>POST /v1/systems/{name}/reconciliations</c>: the system reads out whom it would still contact; the answer says who of
/// them has said stop, and their deliveries are open again. The last line is the summary: without it the answer broke off.
/// </summary>
internal static class PostReconciliation
{
    private static readonly TimeSpan RetrySoon = TimeSpan.FromSeconds(5);

    public static async Task<IResult> HandleAsync(
        HttpContext http, string name, SystemDirectory systems, PurposeDirectory purposes, ReconciliationDesk desk,
        DataStanding data)
    {
        var caller = http.Caller();
        if (!caller.Has(RoleSet.Operator) && caller.SystemName != name)
            return ProblemKinds.ScopeMissing.With("A system's key reconciles that system alone.");
        if ((await systems.FreshAsync(http.RequestAborted)).ByName.GetValueOrDefault(name) is not { } system)
            return ProblemKinds.NotFound.With();
        if (system.IsRetired)
            return SystemProblems.Retired.With();
        if (!LineMedia.IsNdjson(http.Request))
            return ProblemKinds.UnsupportedMediaType.With("Send application/x-ndjson in UTF-8, without content coding.");
        if (await ScopesAsync(http, system, purposes) is not { Count: > 0 } scopes)
            return ProblemKinds.InvalidParameter.With("A purpose and a channel, where given, must be known.");
        if (!data.IsCurrent)
            return new Problem(GetStream.LedgerNotCurrent, RetryAfter: RetrySoon);

        LineMedia.LiftLimits(http);
        http.Response.ContentType = LineMedia.Ndjson;
        await new ReconciliationRun(desk, system, scopes, caller.Actor).RunAsync(
            new LineReader(http.Request.BodyReader, RequestBody.RecordLimit, PostFilter.Idle), http.Response,
            http.RequestAborted);
        return Results.Empty;
    }

    /// <summary>What the list is for: all that the contract names, or what the query says of it.</summary>
    private static async Task<List<Scope>?> ScopesAsync(
        HttpContext http, DownstreamSystem system, PurposeDirectory purposes)
    {
        var asked = http.Request.Query["purpose"];
        var channel = http.Request.Query["channel"];
        IReadOnlyList<string> names = asked is [{ } purpose] ? [purpose] : system.Contract.Purposes;
        IReadOnlyList<string> channels = channel is [{ } one] ? [one] : system.Contract.Channels;
        if (asked.Count > 1 || channel.Count > 1 || !channels.All(Channels.IsKnown))
            return null;
        foreach (var known in names)
        {
            if (!ScopeRules.IsPurposeName(known) || !await purposes.ExistsAsync(known, http.RequestAborted))
                return null;
        }

        return [.. names.SelectMany(_ => channels, (known, over) => new Scope(known, over))];
    }
}
