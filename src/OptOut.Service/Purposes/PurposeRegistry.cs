using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Purposes;

/// <summary>Makes and edits purposes: one transaction and one leaf an act. A purpose is never removed.</summary>
internal sealed class PurposeRegistry(
    IDbContextFactory<OptOutDbContext> contexts, ApprovalDesk approvals, SecretBox secrets, TimeProvider clock)
{
    public async Task<IResult> PutAsync(
        HttpContext http, string name, PurposeRequest request, CancellationToken cancellationToken)
    {
        // What is wrong in itself needs no look at what stands.
        if (PurposeDecision.Of(name, request, standing: null, parentExists: true) is PurposeDecision.Refuse invalid)
            return invalid.Problem;

        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        var purposes = transaction.Context.Set<PurposeRow>();
        var row = await purposes.SingleOrDefaultAsync(p => p.Name == name, cancellationToken);
        var parent = ScopeRules.Parent(name);
        var parentExists = parent is null || await purposes.AnyAsync(p => p.Name == parent, cancellationToken);
        var decision = PurposeDecision.Of(name, request, row, parentExists);
        if (decision is PurposeDecision.Refuse refused) return refused.Problem;
        if (row is not null && Precondition(http, row, decision) is { } problem) return problem;

        var actor = http.Caller().Actor;
        switch (decision)
        {
            case PurposeDecision.NeedsSecondPerson:
                var pending = JsonSerializer.Serialize(
                    new PendingPurpose(row!.Version, request), PurposesJson.Strict.PendingPurpose);
                return await approvals.AskAsync(http, transaction,
                    new ApprovalRequest(PurposeEdit.ActName, name, pending, actor), cancellationToken);
            case PurposeDecision.Unchanged:
                return Answer(http, row!, StatusCodes.Status200OK);
            case PurposeDecision.Create:
                row = Add(transaction.Context, name, request);
                await transaction.CommitAsync(PurposeEdit.Leaf(row, actor, clock, secrets), cancellationToken);
                http.Response.Headers.Location = $"/v1/purposes/{name}";
                return Answer(http, row, StatusCodes.Status201Created);
            default:
                PurposeEdit.Apply(row!, request, clock);
                await transaction.CommitAsync(PurposeEdit.Leaf(row!, actor, clock, secrets), cancellationToken);
                return Answer(http, row!, StatusCodes.Status200OK);
        }
    }

    // Repeating what stands is harmless, so a set-up script may do it without knowing the version.
    private static Problem? Precondition(HttpContext http, PurposeRow row, PurposeDecision decision) =>
        decision is PurposeDecision.Unchanged && http.Request.Headers.IfMatch.Count == 0
            ? null
            : ETags.Check(http, row.Version);

    private PurposeRow Add(OptOutDbContext context, string name, PurposeRequest request)
    {
        var now = clock.GetUtcNow();
        var row = new PurposeRow
        {
            Name = name,
            Parent = ScopeRules.Parent(name),
            DisplayName = request.DisplayName,
            Overridable = request.Overridable,
            ObjectiveSeconds = request.ObjectiveSeconds,
            Version = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };
        context.Add(row);
        return row;
    }

    private static JsonHttpResult<PurposeView> Answer(HttpContext http, PurposeRow row, int status)
    {
        ETags.Set(http, row.Version);
        return TypedResults.Json(PurposeView.Of(row), PurposesJson.Strict.PurposeView, statusCode: status);
    }
}
