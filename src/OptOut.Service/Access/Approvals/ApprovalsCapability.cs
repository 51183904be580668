using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.OpenApi;

namespace OptOut.Service.Access.Approvals;

/// <summary>The second person's routes.</summary>
internal static class ApprovalsCapability
{
    private const string Example =
        """
        { "approvalId": "apr_019aa2f0c1f07d6e8a3b5c7d9e1f2a3b", "act": "system.retire", "target": "crm",
          "state": "approved", "requestedBy": "key:0123456789abcdef", "requestedAt": "2026-11-20T15:36:24.986Z",
          "expiresAt": "2026-11-21T15:36:24.986Z", "approvedBy": "key:fedcba9876543210",
          "approvedAt": "2026-11-20T15:40:02.118Z" }
        """;

    public static IServiceCollection AddApprovals(this IServiceCollection services) =>
        services.AddSingleton<ApprovalDesk>();

    public static void MapApprovals(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/approvals").WithTags("Approvals");
        group.MapGet("/{id}", GetAsync)
            .WithName("GetApproval").WithSummary("What waits for a second person, or had one.")
            .RequireRoles("operator", "admin", "auditor")
            .Refuses(ProblemKinds.NotFound)
            .WithExample(response: Example);
        group.MapPost("/{id}/approve", ApproveAsync)
            .WithName("ApproveAct").WithSummary("Approve, as the second person, and have it done.")
            .RequireRoles("operator", "admin")
            .Refuses([ProblemKinds.NotFound, .. ApprovalProblems.All])
            .WithExample(response: Example);
    }

    private static async Task<IResult> GetAsync(
        string id, ApprovalDesk desk, CancellationToken cancellationToken)
    {
        var view = PublicId.TryParse(id, ApprovalView.Prefix, out var approvalId)
            ? await desk.FindAsync(approvalId, cancellationToken)
            : null;
        return view is null ? ProblemKinds.NotFound.With() : TypedResults.Json(view, ApprovalsJson.Strict.ApprovalView);
    }

    private static async Task<IResult> ApproveAsync(
        string id, HttpContext http, ApprovalDesk desk, CancellationToken cancellationToken) =>
        PublicId.TryParse(id, ApprovalView.Prefix, out var approvalId)
            ? await desk.ApproveAsync(approvalId, http.Caller(), cancellationToken)
            : ProblemKinds.NotFound.With();
}
