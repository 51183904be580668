using System.Text;
using OptOut.Contracts;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Service.Systems.Operation;
using OptOut.Service.Systems.Reading;
using OptOut.Service.Systems.Registration;

namespace OptOut.Service.Systems;

/// <summary>The handlers of the routes under <c>/v1/systems</c>: they read the request and hand it on.</summary>
internal static class SystemHandlers
{
    private const string ListFilters = "/v1/systems";

    public static async Task<IResult> ListAsync(
        HttpContext http, ICursors cursors, SystemReader reader, CancellationToken cancellationToken)
    {
        if (!Paging.TryRead(http, cursors, ListFilters, out var page, out var problem)) return problem;
        var after = page.Position is null ? "" : Encoding.UTF8.GetString(page.Position);
        var systems = await reader.ListAsync(after, page.Limit + 1, cancellationToken);
        var more = systems.Count > page.Limit;
        if (more) systems.RemoveAt(page.Limit);
        var next = more ? Encoding.UTF8.GetBytes(systems[^1].Name) : null;
        return Paging.Answer(http, cursors, ListFilters, systems, next, SystemsJson.Strict.ListAnswerSystemSummary);
    }

    public static async Task<IResult> GetAsync(
        HttpContext http, string name, SystemReader reader, CancellationToken cancellationToken)
    {
        var caller = http.Caller();
        var mayRead = caller.SystemName is null || caller.SystemName == name;
        var view = mayRead && BrokerNames.IsSystemName(name) ? await reader.FindAsync(name, cancellationToken) : null;
        if (view is null) return ProblemKinds.NotFound.With();
        ETags.Set(http, view.Version);
        return TypedResults.Json(view, SystemsJson.Strict.SystemView);
    }

    public static async Task<IResult> PutAsync(
        HttpContext http, string name, SystemRegistrar registrar, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(http, SystemsJson.Strict.SystemRequest);
        return body.TryGet(out var request, out var problem)
            ? await registrar.PutAsync(http, name, request, cancellationToken)
            : problem;
    }

    public static Task<IResult> RetireAsync(
        HttpContext http, string name, SystemOperator systems, CancellationToken cancellationToken) =>
        systems.RetireAsync(http, name, cancellationToken);

    public static async Task<IResult> PauseAsync(
        HttpContext http, string name, SystemOperator systems, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(http, SystemsJson.Strict.ReasonRequest);
        return body.TryGet(out var request, out var problem)
            ? await systems.PauseAsync(http, name, request, cancellationToken)
            : problem;
    }

    public static async Task<IResult> ResumeAsync(
        HttpContext http, string name, SystemOperator systems, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(http, SystemsJson.Strict.ReasonRequest);
        return body.TryGet(out var request, out var problem)
            ? await systems.ResumeAsync(http, name, request, cancellationToken)
            : problem;
    }

    public static async Task<IResult> RotateAsync(
        HttpContext http, string name, SystemOperator systems, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(http, SystemsJson.Strict.RotationRequest);
        return body.TryGet(out var request, out var problem)
            ? await systems.RotateAsync(http, name, request, cancellationToken)
            : problem;
    }

    public static async Task<IResult> ReplayAsync(
        HttpContext http, string name, SystemOperator systems, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(http, SystemsJson.Strict.ReplayRequest);
        return body.TryGet(out var request, out var problem)
            ? await systems.ReplayAsync(http, name, request, cancellationToken)
            : problem;
    }

    public static Task<IResult> TestAsync(
        HttpContext http, string name, SystemTester tester, CancellationToken cancellationToken) =>
        tester.TestAsync(http, name, cancellationToken);
}
