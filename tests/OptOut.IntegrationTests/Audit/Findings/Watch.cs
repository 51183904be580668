using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using OptOut.Service.Audit.Findings;
using OptOut.Service.Audit.Findings.Running;
using Running = OptOut.IntegrationTests.Propagation.Running;

namespace OptOut.IntegrationTests.Audit.Findings;

/// <summary>What the tests of the watch ask of a running service.</summary>
internal static class Watch
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A webhook system; without a URL one that nobody answers for.</summary>
    public static async Task<JsonElement> RegisterAsync(
        this RunningService service, string name, int objective = 1, Uri? url = null, string purpose = "marketing")
    {
        var body = $$"""
            { "displayName": "{{name}}", "kind": "internal", "owner": "owner-of-{{name}}",
              "channel": { "type": "webhook", "url": "{{url?.ToString() ?? $"https://{name}.invalid/stops"}}" },
              "contract": { "purposes": ["{{purpose}}"], "channels": ["any"],
                            "identifiers": [ { "type": "email", "form": "plain" } ], "objectiveSeconds": {{objective}} } }
            """;
        var made = await service.SendAsync(HttpMethod.Put, "/v1/systems/" + name,
            new StringContent(body, Encoding.UTF8, "application/json"), "bootstrap");
        Assert.Equal((int)HttpStatusCode.Created, made.Status);
        return made.Json;
    }

    /// <summary>
    /// The newest finding of a kind about somebody, once there is one in this state. Its rule looks at once, unless the test
    /// is about when it does.
    /// </summary>
    public static async Task<JsonElement> FindingAsync(
        this RunningService service, string kind, string about, string state = "open", bool byItsClock = false)
    {
        var rule = byItsClock ? null : service.App.Services.GetServices<IFindingRule>()
            .FirstOrDefault(one => one.Kinds.Contains(kind));
        JsonElement found = default;
        await Running.UntilAsync(async () =>
        {
            if (rule is not null) await service.LookNowAsync(rule);
            found = (await service.FindingsAsync(kind, state)).FirstOrDefault(f => f.Text("about") == about);
            return found.ValueKind == JsonValueKind.Object;
        }, $"No {state} {kind} about {about}.", Patience);
        return found;
    }

    public static async Task<List<JsonElement>> FindingsAsync(
        this RunningService service, string kind, string? state = null)
    {
        var answer = await service.GetAsync($"/v1/findings?kind={kind}&limit=200{(state is null ? "" : $"&state={state}")}", "auditor");
        Assert.True(answer.Status == 200, answer.Text);
        return [.. answer.Json.GetProperty("data").EnumerateArray()];
    }

    /// <summary>How many leaves of a kind there are about a finding.</summary>
    public static Task<long> LeavesAsync(this RunningService service, JsonElement finding, string kind) =>
        service.ScalarAsync<long>(
            """
            SELECT count(*) FROM (SELECT convert_from(leaf, 'UTF8')::jsonb AS leaf FROM ledger.leaf) l
            WHERE replace(l.leaf ->> 'record', '-', '') = $1 AND l.leaf ->> 'kind' = $2
            """, finding.Text("id")[4..], kind);

    /// <summary>As an acknowledgement of everything would leave it.</summary>
    public static Task CureDeliveriesAsync(this RunningService service) => service.RunAsync(
        """
        UPDATE optout.delivery SET state = 'applied', closed_at = now() WHERE closed_at IS NULL;
        DELETE FROM optout.open_delivery;
        """);

    /// <summary>The rule looks as if its interval had passed.</summary>
    public static Task LookNowAsync(this RunningService service, string rule) =>
        service.LookNowAsync(service.App.Services.GetServices<IFindingRule>().Single(one => one.Name == rule));

    private static async Task LookNowAsync(this RunningService service, IFindingRule rule)
    {
        await service.RunAsync(
            $"UPDATE optout.rule_state SET started_at = now() - interval '1 day', duration_ms = 0 WHERE rule = '{rule.Name}'");
        if (rule.CanLook)
            await service.App.Services.GetRequiredService<RuleTurn>().TakeAsync(rule, TestContext.Current.CancellationToken);
    }
}
