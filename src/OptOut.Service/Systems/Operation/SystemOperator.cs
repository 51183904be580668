using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OptOut.Contracts;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit;
using OptOut.Service.Incidents;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Purposes;
using OptOut.Service.Systems.Reading;
using OptOut.Service.Systems.Registration;
using OptOut.Service.Systems.Rows;

namespace OptOut.Service.Systems.Operation;

/// <summary>Pauses, resumes, retires systems and replaces their secrets: one transaction and one leaf an act.</summary>
internal sealed class SystemOperator(
    IDbContextFactory<OptOutDbContext> contexts,
    SystemActs acts,
    ApprovalDesk approvals,
    SystemReader reader,
    AfterCommit afterCommit,
    TimeProvider clock)
{
    /// <summary>The longest overlap of two secrets: a week.</summary>
    public const int MaxOverlapSeconds = 604_800;

    /// <summary>Nothing is sent any more; deliveries go on being written, so that nothing is missed.</summary>
    public Task<IResult> PauseAsync(HttpContext http, string name, ReasonRequest request, CancellationToken cancellationToken) =>
        SwitchAsync(http, name, new Switch(SystemStates.Paused, LedgerKinds.SystemPaused, request.Reason), cancellationToken);

    /// <summary>Resuming only strengthens, so it needs no precondition.</summary>
    public Task<IResult> ResumeAsync(HttpContext http, string name, ReasonRequest request, CancellationToken cancellationToken) =>
        SwitchAsync(http, name, new Switch(SystemStates.Active, LedgerKinds.SystemResumed, request.Reason), cancellationToken);

    public async Task<IResult> RotateAsync(
        HttpContext http, string name, RotationRequest request, CancellationToken cancellationToken)
    {
        if (request.OverlapSeconds is < 0 or > MaxOverlapSeconds)
            return ProblemKinds.ValidationFailed.At("/overlapSeconds", "out_of_range", $"0 to {MaxOverlapSeconds}.");
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        var row = await FindAsync(transaction, name, cancellationToken);
        if (row is null) return ProblemKinds.NotFound.With();
        if (row.State == SystemStates.Retired) return SystemProblems.Retired.With();

        var secret = WebhookSecret.Generate();
        var expiresAt = transaction.DatabaseNow + TimeSpan.FromSeconds(request.OverlapSeconds);
        await acts.RotateAsync(transaction, row, secret, expiresAt, cancellationToken);
        var leaf = acts.Leaf.Of(LedgerKinds.SystemSecretRotated, row, http.Caller().Actor);
        await transaction.CommitAsync(leaf, cancellationToken);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(new RotationAnswer(secret.Reveal(), expiresAt), SystemsJson.Strict.RotationAnswer);
    }

    /// <summary>
    /// Sends everything open since then again, a page a time; what was sent already too. It can only strengthen.
    /// </summary>
    public async Task<IResult> ReplayAsync(
        HttpContext http, string name, ReplayRequest request, CancellationToken cancellationToken)
    {
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        var row = await FindAsync(transaction, name, cancellationToken);
        if (row is null) return ProblemKinds.NotFound.With();
        if (row.State == SystemStates.Retired) return SystemProblems.Retired.With();
        if (request.Since > transaction.DatabaseNow)
            return ProblemKinds.ValidationFailed.At("/since", "in_the_future", "A time that has passed.");

        var (id, actor) = (Guid.CreateVersion7(clock.GetUtcNow()), http.Caller().Actor);
        var since = request.Since.ToUniversalTime();
        await transaction.Context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO optout.redrive (redrive_id, system_id, kind, since, requested_by, started_at)
            VALUES ({id}, {row.SystemId}, 'replay', {since}, {actor}, {transaction.DatabaseNow})
            """, cancellationToken);
        await SystemActs.BeginAnewAsync(transaction, row, cancellationToken);
        await transaction.CommitAsync(
            acts.Leaf.Of(LedgerKinds.SystemReplayed, row, actor, since: since), cancellationToken);
        afterCommit.Due();
        return TypedResults.Json(
            new ReplayAnswer(PublicId.Format("rpl_", id), name, since, transaction.DatabaseNow),
            SystemsJson.Strict.ReplayAnswer, statusCode: StatusCodes.Status202Accepted);
    }

    public async Task<IResult> RetireAsync(HttpContext http, string name, CancellationToken cancellationToken)
    {
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        var row = await FindAsync(transaction, name, cancellationToken);
        if (row is null) return ProblemKinds.NotFound.With();
        if (row.State == SystemStates.Retired) return SystemProblems.Retired.With();
        if (ETags.Check(http, row.Version) is { } problem) return problem;
        var pending = JsonSerializer.Serialize(
            new PendingRetirement(row.Version), SystemsJson.Strict.PendingRetirement);
        return await approvals.AskAsync(http, transaction,
            new ApprovalRequest(ApprovedRetirement.ActName, name, pending, http.Caller().Actor), cancellationToken);
    }

    private async Task<IResult> SwitchAsync(
        HttpContext http, string name, Switch to, CancellationToken cancellationToken)
    {
        if (!RegistryText.IsName(to.Reason))
            return ProblemKinds.ValidationFailed.At("/reason", "text_invalid", RegistryText.Rule);
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        var row = await FindAsync(transaction, name, cancellationToken);
        if (row is null) return ProblemKinds.NotFound.With();
        if (row.State == SystemStates.Retired) return SystemProblems.Retired.With();
        if (to.State == SystemStates.Paused && ETags.Check(http, row.Version) is { } problem) return problem;
        if (to.State == SystemStates.Paused && row.State != to.State
            && await IntegrityLock.IsOnAsync(transaction.Connection, cancellationToken))
        {
            var pending = JsonSerializer.Serialize(new PendingPause(row.Version, to.Reason), SystemsJson.Strict.PendingPause);
            return await approvals.AskAsync(http, transaction,
                new ApprovalRequest(ApprovedPause.ActName, name, pending, http.Caller().Actor), cancellationToken);
        }

        if (row.State != to.State)
        {
            row.State = to.State;
            row.StateReason = to.Reason;
            row.Version++;
            row.UpdatedAt = clock.GetUtcNow();
            if (to.State == SystemStates.Active) await SystemActs.BeginAnewAsync(transaction, row, cancellationToken);
            await transaction.CommitAsync(acts.Leaf.Of(to.Kind, row, http.Caller().Actor), cancellationToken);
            await afterCommit.SwitchedAsync(name);
        }

        ETags.Set(http, row.Version);
        var view = await reader.FindAsync(name, cancellationToken);
        return TypedResults.Json(view!, SystemsJson.Strict.SystemView);
    }

    private static async Task<SystemRow?> FindAsync(
        RegistryTransaction transaction, string name, CancellationToken cancellationToken) =>
        BrokerNames.IsSystemName(name)
            ? await transaction.Context.Set<SystemRow>().SingleOrDefaultAsync(s => s.Name == name, cancellationToken)
            : null;

    private sealed record Switch(string State, string Kind, string Reason);
}
