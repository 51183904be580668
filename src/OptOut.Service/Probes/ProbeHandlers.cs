using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Systems;

namespace OptOut.Service.Probes;

/// <summary>The routes under <c>/v1/probes</c>.</summary>
internal static class ProbeHandlers
{
    private const string Filters = "/v1/probes";
    private const int MaxSystems = 200;

    private static readonly Guid Last = new("ffffffff-ffff-ffff-ffff-ffffffffffff");

    public static async Task<IResult> PostAsync(
        HttpContext http, SystemDirectory systems, ProbeStore store, ProbeWorker worker, CancellationToken cancellationToken)
    {
        var asked = new ProbeRequest();
        if (!RequestBody.IsEmpty(http))
        {
            var body = await RequestBody.ReadAsync(http, ProbesJson.Strict.ProbeRequest);
            if (!body.TryGet(out var read, out var problem)) return problem;
            asked = read;
        }

        var known = await systems.FreshAsync(cancellationToken);
        if (Choose(known, asked.Systems ?? [], out var chosen) is { } refusal) return refusal;
        if (!worker.HasRoom) return ProblemKinds.Overloaded.With();
        var ids = chosen.Select(system => system.Id).ToArray();
        var id = await store.BeginAsync(http.Caller().Actor, ids, cancellationToken);
        worker.Enqueue(id, ids);
        http.Response.Headers.Location = "/v1/probes/" + PublicId.Format(PublicId.Probe, id);
        var view = await store.FindAsync(id, cancellationToken);
        return TypedResults.Json(view!, ProbesJson.Strict.ProbeView, statusCode: StatusCodes.Status202Accepted);
    }

    public static async Task<IResult> GetAsync(string id, ProbeStore store, CancellationToken cancellationToken) =>
        PublicId.TryParse(id, PublicId.Probe, out var probeId)
            && await store.FindAsync(probeId, cancellationToken) is { } probe
                ? TypedResults.Json(probe, ProbesJson.Strict.ProbeView)
                : ProblemKinds.NotFound.With();

    public static async Task<IResult> ListAsync(
        HttpContext http, ICursors cursors, ProbeStore store, CancellationToken cancellationToken)
    {
        if (!Paging.TryRead(http, cursors, Filters, out var page, out var problem)) return problem;
        var before = page.Position is { Length: 16 } position ? new Guid(position, bigEndian: true) : Last;
        var found = await store.ListAsync(before, page.Limit + 1, cancellationToken);
        byte[]? next = null;
        if (found.Count > page.Limit)
        {
            found.RemoveAt(page.Limit);
            PublicId.TryParse(found[^1].Id, PublicId.Probe, out var last);
            next = last.ToByteArray(bigEndian: true);
        }

        return Paging.Answer(http, cursors, Filters, found, next, ProbesJson.Strict.ListAnswerProbeView);
    }

    private static Problem? Choose(SystemSet known, IReadOnlyList<string> names, out List<DownstreamSystem> chosen)
    {
        chosen = [];
        if (names.Count > MaxSystems)
            return ProblemKinds.ValidationFailed.At("/systems", "too_many", $"At most {MaxSystems}.");
        if (names.Count == 0)
        {
            chosen = [.. known.All.Where(system => system is { IsRetired: false, IsPaused: false }).Take(MaxSystems)];
            return null;
        }

        for (var i = 0; i < names.Count; i++)
        {
            if (!known.ByName.TryGetValue(names[i], out var system) || system.IsRetired)
                return ProblemKinds.ValidationFailed.At($"/systems/{i}", "system_unknown", "No system of this name is told anything.");
            if (!chosen.Contains(system)) chosen.Add(system);
        }

        return null;
    }
}
