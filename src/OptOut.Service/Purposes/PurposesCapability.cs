using System.Text;
using Microsoft.EntityFrameworkCore;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;

namespace OptOut.Service.Purposes;

/// <summary>The tree of purposes and its routes.</summary>
internal static class PurposesCapability
{
    private const string ListFilters = "/v1/purposes";

    private const string Example =
        """
        { "purpose": "marketing.newsletter", "parent": "marketing", "displayName": "Newsletter", "overridable": false,
          "objectiveSeconds": 60, "version": 1, "createdAt": "2026-11-20T15:36:24.986Z",
          "updatedAt": "2026-11-20T15:36:24.986Z" }
        """;

    private static readonly string[] AnyRole =
        ["recorder", "portal", "reader", "gate", "operator", "auditor", "admin", "transactional", "system"];

    public static IServiceCollection AddPurposes(this IServiceCollection services) => services
        .AddSingleton<PurposeDirectory>()
        .AddSingleton<PurposeRegistry>()
        .AddSingleton<IApprovedAct, PurposeEdit>();

    public static void MapPurposes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/purposes").WithTags("Purposes");
        group.MapGet("/", ListAsync)
            .WithName("ListPurposes").WithSummary("All purposes, by name.")
            .RequireRoles(AnyRole)
            .Refuses(ProblemKinds.InvalidCursor, ProblemKinds.InvalidParameter)
            .WithListParameters().WithExample(response: $$"""{ "data": [ {{Example}} ], "nextCursor": null }""");
        group.MapGet("/{purpose}", GetAsync)
            .WithName("GetPurpose").WithSummary("One purpose.")
            .RequireRoles(AnyRole)
            .Refuses(ProblemKinds.NotFound)
            .WithExample(response: Example);
        group.MapPut("/{purpose}", PutAsync)
            .WithName("PutPurpose").WithSummary("Make a purpose, or edit it; what lowers protection needs two people.")
            .RequireRoles("admin")
            .Refuses(ProblemKinds.ValidationFailed, PurposeProblems.ParentUnknown, ProblemKinds.PreconditionRequired,
                ProblemKinds.PreconditionFailed)
            .WithExample(
                """{ "displayName": "Newsletter", "overridable": false, "objectiveSeconds": 60 }""",
                Example,
                StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, ICursors cursors, IDbContextFactory<OptOutDbContext> contexts, CancellationToken cancellationToken)
    {
        if (!Paging.TryRead(http, cursors, ListFilters, out var page, out var problem)) return problem;
        var after = page.Position is null ? "" : Encoding.UTF8.GetString(page.Position);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Set<PurposeRow>().AsNoTracking()
            .Where(row => row.Name.CompareTo(after) > 0).OrderBy(row => row.Name)
            .Take(page.Limit + 1).ToListAsync(cancellationToken);
        var more = rows.Count > page.Limit;
        var views = rows.Take(page.Limit).Select(PurposeView.Of).ToList();
        var next = more ? Encoding.UTF8.GetBytes(views[^1].Purpose) : null;
        return Paging.Answer(http, cursors, ListFilters, views, next, PurposesJson.Strict.ListAnswerPurposeView);
    }

    private static async Task<IResult> GetAsync(
        HttpContext http, string purpose, IDbContextFactory<OptOutDbContext> contexts, CancellationToken cancellationToken)
    {
        if (!ScopeRules.IsPurposeName(purpose)) return ProblemKinds.NotFound.With();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await context.Set<PurposeRow>().AsNoTracking()
            .SingleOrDefaultAsync(r => r.Name == purpose, cancellationToken);
        if (row is null) return ProblemKinds.NotFound.With();
        ETags.Set(http, row.Version);
        return TypedResults.Json(PurposeView.Of(row), PurposesJson.Strict.PurposeView);
    }

    private static async Task<IResult> PutAsync(
        HttpContext http, string purpose, PurposeRegistry registry, CancellationToken cancellationToken)
    {
        var body = await RequestBody.ReadAsync(http, PurposesJson.Strict.PurposeRequest);
        return body.TryGet(out var request, out var problem)
            ? await registry.PutAsync(http, purpose, request, cancellationToken)
            : problem;
    }
}
