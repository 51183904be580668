using System.Text;
using Microsoft.EntityFrameworkCore;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Access.Approvals;

/// <summary>
/// Two people for what lowers protection: one key asks, another with the same role approves, and only then is it done.
/// </summary>
internal sealed class ApprovalDesk(
    IDbContextFactory<OptOutDbContext> contexts,
    IEnumerable<IApprovedAct> acts,
    SecretBox secrets,
    TimeProvider clock)
{
    /// <summary>How long a second person has.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    // The same question by the same key is the same approval: a caller that lost the answer asks again.
    private const string FindWaiting =
        """
        SELECT * FROM optout.approval
        WHERE act = {0} AND target = {1} AND requested_by = {2} AND payload = {3}::jsonb
          AND approved_by IS NULL AND expires_at > {4}
        """;

    private readonly Dictionary<string, IApprovedAct> _acts = acts.ToDictionary(act => act.Act, StringComparer.Ordinal);

    /// <summary>Stores the act until a second person approves it, and commits: the answer is 202.</summary>
    public async Task<IResult> AskAsync(
        HttpContext http, RegistryTransaction transaction, ApprovalRequest request, CancellationToken cancellationToken)
    {
        if (!_acts.ContainsKey(request.Act)) throw new InvalidOperationException($"No handler for {request.Act}.");
        var now = transaction.DatabaseNow;
        var row = await transaction.Context.Set<ApprovalRow>()
            .FromSqlRaw(FindWaiting, request.Act, request.Target, request.RequestedBy, request.Payload, now)
            .AsNoTracking().OrderBy(r => r.ApprovalId).FirstOrDefaultAsync(cancellationToken);
        if (row is null)
        {
            row = NewRow(request, now);
            transaction.Context.Add(row);
            await transaction.CommitAsync(AskedLeaf(row), cancellationToken);
        }

        var view = ApprovalView.Of(row, now);
        http.Response.Headers.Location = $"/v1/approvals/{view.ApprovalId}";
        return TypedResults.Json(view, ApprovalsJson.Strict.ApprovalView, statusCode: StatusCodes.Status202Accepted);
    }

    /// <summary>Does the act that was asked for. Approving what is approved already changes nothing.</summary>
    public async Task<IResult> ApproveAsync(Guid id, Caller caller, CancellationToken cancellationToken)
    {
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        var row = await transaction.Context.Set<ApprovalRow>()
            .SingleOrDefaultAsync(r => r.ApprovalId == id, cancellationToken);
        if (row is null || !_acts.TryGetValue(row.Act, out var act)) return ProblemKinds.NotFound.With();
        if (Refusal(row, act, caller, transaction.DatabaseNow) is { } refusal) return refusal;
        if (row.ApprovedBy is null)
        {
            var request = new ApprovedRequest(id, row.Target, row.Payload, row.RequestedBy, caller.Actor);
            var outcome = await act.ExecuteAsync(transaction, request, cancellationToken);
            if (outcome.Leaf is null) return outcome.Problem ?? ApprovalProblems.Stale.With();
            row.ApprovedBy = caller.Actor;
            row.ApprovedAt = transaction.DatabaseNow;
            await transaction.CommitAsync(outcome.Leaf, cancellationToken);
            if (outcome.AfterCommit is { } afterCommit) await afterCommit();
        }

        return TypedResults.Json(ApprovalView.Of(row, transaction.DatabaseNow), ApprovalsJson.Strict.ApprovalView);
    }

    /// <summary>The approval as it stands, or null.</summary>
    public async Task<ApprovalView?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await context.Set<ApprovalRow>().AsNoTracking()
            .SingleOrDefaultAsync(r => r.ApprovalId == id, cancellationToken);
        if (row is null) return null;
        var now = await context.Database.SqlQuery<DateTimeOffset>($"SELECT now() AS \"Value\"")
            .SingleAsync(cancellationToken);
        return ApprovalView.Of(row, now);
    }

    private static Problem? Refusal(ApprovalRow row, IApprovedAct act, Caller caller, DateTimeOffset now)
    {
        if (!caller.Has(act.Role))
            return ProblemKinds.ScopeMissing.With($"Needed: {string.Join(", ", Roles.WordsOf(act.Role))}.");
        if (row.RequestedBy == caller.Actor) return ApprovalProblems.SecondPersonRequired.With();
        return row.ApprovedBy is null && row.ExpiresAt <= now ? ApprovalProblems.Expired.With() : null;
    }

    private ApprovalRow NewRow(ApprovalRequest request, DateTimeOffset now) => new()
    {
        ApprovalId = Guid.CreateVersion7(clock.GetUtcNow()),
        Act = request.Act,
        Target = request.Target,
        Payload = request.Payload,
        RequestedBy = request.RequestedBy,
        RequestedAt = now,
        ExpiresAt = now + Lifetime,
    };

    private LedgerEntry AskedLeaf(ApprovalRow row) => LedgerEntry.ForConfiguration(
        new LedgerFacts(LedgerKinds.OverrideAsked, row.ApprovalId, 0, row.RequestedBy, clock.GetUtcNow(), Outcome: row.Act),
        Encoding.UTF8.GetBytes(row.Payload),
        secrets);
}

/// <summary>An act to be approved: its payload is JSON that only its handler reads.</summary>
internal sealed record ApprovalRequest(string Act, string Target, string Payload, string RequestedBy);
