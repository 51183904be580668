using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Systems;

/// <summary>The service itself on a fresh database, with two people who may act on its registry.</summary>
internal sealed class Registry : IAsyncDisposable
{
    private readonly RunningService _service;

    private Registry(RunningService service) => _service = service;

    /// <summary>The database under the superuser, to prepare and to look.</summary>
    public NpgsqlDataSource Database => _service.Database;

    /// <summary>The bootstrap key: every role but portal and system.</summary>
    public HttpClient First { get; private set; } = null!;

    /// <summary>Another person with the same roles over the registry.</summary>
    public HttpClient Second { get; private set; } = null!;

    public static async Task<Registry> StartAsync(Servers servers, Uri? broker = null)
    {
        var registry = new Registry(await RunningService.StartAsync(
            servers, broker is null ? [] : [$"--RabbitMq:Uri={broker}"]));
        registry.First = registry.As(RunningService.BootstrapKey);
        registry.Second = registry.As(await registry.KeyAsync("operator", "admin"));
        return registry;
    }

    public HttpClient As(string key)
    {
        var client = new HttpClient { BaseAddress = _service.Http.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    public async Task<string> KeyAsync(params string[] roles)
    {
        using var made = await First.PostAsJsonAsync("/v1/keys", new { name = "another", roles });
        return (await ReadAsync(made)).GetProperty("key").GetString()!;
    }

    /// <summary>A webhook system's registration; members may be replaced.</summary>
    public static Dictionary<string, object?> System(
        string[]? purposes = null, string[]? channels = null, string[]? identifiers = null, int? objective = 60) => new()
    {
        ["displayName"] = "CRM",
        ["kind"] = "internal",
        ["owner"] = "sales-ops",
        ["channel"] = new { type = "webhook", url = "https://crm.example.com/stops" },
        ["contract"] = new
        {
            purposes = purposes ?? ["marketing"],
            channels = channels ?? ["any"],
            identifiers = (identifiers ?? ["email"]).Select(type => new { type, form = "plain" }),
            objectiveSeconds = objective,
        },
    };

    public static async Task<HttpResponseMessage> SendAsync(
        HttpClient client, HttpMethod method, string path, object? body = null, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body);
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<(int Status, JsonElement Body)> DoAsync(
        HttpMethod method, string path, object? body = null, string? ifMatch = null, HttpClient? client = null)
    {
        using var response = await SendAsync(client ?? First, method, path, body, ifMatch);
        return ((int)response.StatusCode, await ReadAsync(response));
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public async Task RunAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Polls until the query counts as many, for at most 20 seconds.</summary>
    public async Task UntilAsync(string countSql, long expected)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        long last;
        while ((last = await ScalarAsync<long>(countSql)) != expected)
        {
            if (deadline.IsCancellationRequested) Assert.Fail($"Expected {expected}, last seen {last}: {countSql}");
            await poll.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        First?.Dispose();
        Second?.Dispose();
        await _service.DisposeAsync();
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }
}
