using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OptOut.Contracts;
using OptOut.Service.Access;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Audit;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Purposes;
using OptOut.Service.Systems.Reading;
using OptOut.Service.Systems.Rows;

namespace OptOut.Service.Systems.Registration;

/// <summary>Registers and changes systems: one transaction and one leaf an act.</summary>
internal sealed class SystemRegistrar(
    IDbContextFactory<OptOutDbContext> contexts,
    SystemActs acts,
    ApprovalDesk approvals,
    PurposeDirectory purposes,
    RequestRules rules,
    SystemReader reader,
    AfterCommit afterCommit)
{
    public async Task<IResult> PutAsync(
        HttpContext http, string name, SystemRequest request, CancellationToken cancellationToken)
    {
        var tree = await purposes.FreshAsync(cancellationToken);
        var faults = rules.Check(name, request, tree);
        if (faults.Count > 0) return new Problem(ProblemKinds.ValidationFailed, Errors: faults);
        if (request.Channel.Type == ChannelTypes.RabbitMq && !afterCommit.BrokerIsConfigured)
            return SystemProblems.BrokerNotConfigured.With();

        var asked = SystemDefinition.Of(request);
        await using var transaction = await RegistryTransaction.BeginAsync(contexts, cancellationToken);
        var row = await transaction.Context.Set<SystemRow>()
            .SingleOrDefaultAsync(s => s.Name == name, cancellationToken);
        var standing = row is null ? null : SystemDefinition.Of(row);
        var decision = RegistrationDecisions.Of(asked, standing, row?.State == SystemStates.Retired, tree);
        if (row is not null && Precondition(http, row, decision) is { } problem) return problem;
        return decision switch
        {
            RegistrationDecision.Create => await CreateAsync(http, transaction, name, asked, cancellationToken),
            RegistrationDecision.Unchanged => await AnswerAsync(http, row!, cancellationToken),
            RegistrationDecision.Change => await ChangeAsync(http, transaction, row!, asked, cancellationToken),
            _ => await AskAsync(http, transaction, row!, asked, cancellationToken),
        };
    }

    // Repeating what stands is harmless, so a set-up script may do it without knowing the version.
    private static Problem? Precondition(HttpContext http, SystemRow row, RegistrationDecision decision) => decision switch
    {
        RegistrationDecision.Retired => SystemProblems.Retired.With(),
        RegistrationDecision.Unchanged when http.Request.Headers.IfMatch.Count == 0 => null,
        _ => ETags.Check(http, row.Version),
    };

    private async Task<IResult> CreateAsync(
        HttpContext http,
        RegistryTransaction transaction,
        string name,
        SystemDefinition asked,
        CancellationToken cancellationToken)
    {
        var actor = http.Caller().Actor;
        var secret = WebhookSecret.Generate();
        var row = await acts.AddAsync(transaction, name, asked, secret, cancellationToken);
        var key = await acts.IssueKeyAsync(transaction, name, actor, cancellationToken);
        await transaction.CommitAsync(acts.Leaf.Of(LedgerKinds.SystemRegistered, row, actor), cancellationToken);
        acts.KeyIssued(key);
        await afterCommit.RegisteredAsync(row);

        ETags.Set(http, row.Version);
        http.Response.Headers.Location = $"/v1/systems/{name}";
        http.Response.Headers.CacheControl = "no-store";
        var view = await reader.FindAsync(name, cancellationToken);
        return TypedResults.Json(
            new RegistrationAnswer(view!, secret.Reveal(), key.Key),
            SystemsJson.Strict.RegistrationAnswer,
            statusCode: StatusCodes.Status201Created);
    }

    private async Task<IResult> ChangeAsync(
        HttpContext http,
        RegistryTransaction transaction,
        SystemRow row,
        SystemDefinition asked,
        CancellationToken cancellationToken)
    {
        await acts.ChangeAsync(transaction, row, asked, cancellationToken);
        var leaf = acts.Leaf.Of(LedgerKinds.SystemChanged, row, http.Caller().Actor);
        await transaction.CommitAsync(leaf, cancellationToken);
        await afterCommit.RegisteredAsync(row);
        return await AnswerAsync(http, row, cancellationToken);
    }

    private async Task<IResult> AskAsync(
        HttpContext http,
        RegistryTransaction transaction,
        SystemRow row,
        SystemDefinition asked,
        CancellationToken cancellationToken)
    {
        var pending = JsonSerializer.Serialize(
            new PendingSystem(row.Version, asked), SystemsJson.Strict.PendingSystem);
        var request = new ApprovalRequest(ApprovedChange.ActName, row.Name, pending, http.Caller().Actor);
        return await approvals.AskAsync(http, transaction, request, cancellationToken);
    }

    private async Task<IResult> AnswerAsync(HttpContext http, SystemRow row, CancellationToken cancellationToken)
    {
        ETags.Set(http, row.Version);
        var view = await reader.FindAsync(row.Name, cancellationToken);
        return TypedResults.Json(view!, SystemsJson.Strict.SystemView);
    }
}
