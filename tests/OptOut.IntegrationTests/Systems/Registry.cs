using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Service;
using OptOut.Service.Platform.Keys;

namespace OptOut.IntegrationTests.Systems;

/// <summary>The service itself on a fresh database, with two people who may act on its registry.</summary>
internal sealed class Registry : IAsyncDisposable
{
    private const string BootstrapKey = "oo_00000000000000aa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private readonly string _directory = Servers.NewDirectory();
    private ServiceHost? _host;

    private Registry(TestDatabases databases) => Database = NpgsqlDataSource.Create(databases.Admin);

    /// <summary>The database under the superuser, to prepare and to look.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>The bootstrap key: every role but portal and system.</summary>
    public HttpClient First { get; private set; } = null!;

    /// <summary>Another person with the same roles over the registry.</summary>
    public HttpClient Second { get; private set; } = null!;

    public static async Task<Registry> StartAsync(Servers servers, Uri? broker = null)
    {
        var databases = await servers.CreateDatabaseAsync();
        var registry = new Registry(databases);
        Directory.CreateDirectory(registry._directory);
        var keyFile = Path.Combine(registry._directory, "master.json");
        KeyRing.CreateFile(keyFile, TimeProvider.System);
        List<string> settings =
        [
            $"--ConnectionStrings:OptOut={databases.Service}", $"--ConnectionStrings:OptOutOwner={databases.Owner}",
            $"--ConnectionStrings:OptOutKeys={databases.KeysService}",
            $"--ConnectionStrings:OptOutKeysOwner={databases.Keys}",
            $"--OptOut:MasterKeyFile={keyFile}", $"--OptOut:BootstrapAdminKey={BootstrapKey}",
            "--urls=http://127.0.0.1:0",
        ];
        if (broker is not null) settings.Add($"--RabbitMq:Uri={broker}");
        registry._host = await ServiceHost.BuildAsync([.. settings], CancellationToken.None);
        await registry._host.App.StartAsync();
        registry.First = registry.As(BootstrapKey);
        registry.Second = registry.As(await registry.KeyAsync("operator", "admin"));
        return registry;
    }

    public HttpClient As(string key)
    {
        var client = new HttpClient { BaseAddress = new Uri(_host!.App.Urls.First()) };
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
        if (_host is not null)
        {
            await _host.App.StopAsync();
            await _host.DisposeAsync();
        }

        await Database.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }
}
