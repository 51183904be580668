using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using OptOut.Contracts;

namespace OptOut.Benchmarks.Service;

/// <summary>A registered system, and the secret that its acknowledgements are signed with.</summary>
internal sealed record BenchSystem(string Name, WebhookSecret Secret);

/// <summary>The calls of a run that are not measured themselves.</summary>
internal sealed class ServiceApi : IDisposable
{
    /// <summary>Beyond any run: nothing becomes overdue and is looked at again while something else is measured.</summary>
    private const int ObjectiveSeconds = 86_400;

    private readonly HttpClient http;

    public ServiceApi(ServiceUnderTest service)
    {
        http = new HttpClient { BaseAddress = service.Address, Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", service.Key);
    }

    public async Task<BenchSystem> RegisterAsync(string name, string purpose, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Put, $"/v1/systems/{name}", Registration(name, purpose), null, cancellationToken);
        return new BenchSystem(name, WebhookSecret.Parse((string)answer.Body["secret"]!));
    }

    public async Task PauseAsync(string system, CancellationToken cancellationToken)
    {
        var (_, tag) = await SendAsync(HttpMethod.Get, $"/v1/systems/{system}", null, null, cancellationToken);
        await SendAsync(HttpMethod.Post, $"/v1/systems/{system}/pause", Reason("a backlog is made"), tag, cancellationToken);
    }

    public Task ResumeAsync(string system, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"/v1/systems/{system}/resume", Reason("the backlog is sent"), null, cancellationToken);

    /// <summary>One batch of new people; throws unless each of them is recorded.</summary>
    public async Task RecordAsync(IEnumerable<string> addresses, string purpose, CancellationToken cancellationToken)
    {
        var items = new JsonArray([.. addresses.Select(address => (JsonNode)OptOut(address, purpose))]);
        var count = items.Count;
        var (body, _) = await SendAsync(
            HttpMethod.Post, "/v1/opt-outs/batch", new JsonObject { ["items"] = items }, null, cancellationToken);
        var recorded = body["items"]!.AsArray().Count(item => (int)item!["status"]! == (int)HttpStatusCode.Created);
        if (recorded != count)
            throw new BenchException($"A batch recorded {recorded} of {count} opt-outs.");
    }

    public void Dispose() => http.Dispose();

    private async Task<(JsonNode Body, EntityTagHeaderValue? Tag)> SendAsync(
        HttpMethod method, string path, JsonObject? body, EntityTagHeaderValue? tag, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        if (tag is not null)
            request.Headers.IfMatch.Add(tag);
        using var answer = await http.SendAsync(request, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            var problem = await answer.Content.ReadAsStringAsync(cancellationToken);
            throw new BenchException($"{method} {path} answered {(int)answer.StatusCode}: {problem}");
        }

        return ((await answer.Content.ReadFromJsonAsync<JsonNode>(cancellationToken))!, answer.Headers.ETag);
    }

    private static JsonObject Reason(string text) => new() { ["reason"] = text };

    private static JsonObject OptOut(string address, string purpose) => new()
    {
        ["subject"] = new JsonObject
        {
            ["identifiers"] = new JsonArray(new JsonObject { ["type"] = "email", ["value"] = address }),
        },
        ["scope"] = new JsonObject { ["purpose"] = purpose, ["channel"] = "any" },
    };

    private static JsonObject Registration(string name, string purpose) => new()
    {
        ["displayName"] = name,
        ["kind"] = "internal",
        ["owner"] = "bench",
        ["channel"] = new JsonObject { ["type"] = "rabbitmq" },
        ["contract"] = new JsonObject
        {
            ["purposes"] = new JsonArray(purpose),
            ["channels"] = new JsonArray("any"),
            ["identifiers"] = new JsonArray(new JsonObject { ["type"] = "email", ["form"] = "plain" }),
            ["objectiveSeconds"] = ObjectiveSeconds,
        },
    };
}
