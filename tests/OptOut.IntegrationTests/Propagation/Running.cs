using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using OptOut.Contracts;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Service;
using OptOut.Service.Platform.Keys;

namespace OptOut.IntegrationTests.Propagation;

/// <summary>The whole service in this process, on a database and a virtual host of its own.</summary>
internal sealed class Running : IAsyncDisposable
{
    private const string BootstrapKey = "oo_00000000000000aa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    private readonly string _directory;
    private readonly bool _ownsDirectory;
    private ServiceHost? _host;
    private string _portalKey = "";

    private Running(TestDatabases databases, string directory, bool ownsDirectory)
    {
        (Databases, _directory, _ownsDirectory) = (databases, directory, ownsDirectory);
        Database = NpgsqlDataSource.Create(databases.Admin);
    }

    public TestDatabases Databases { get; }

    /// <summary>The database under the superuser, to look and to break.</summary>
    public NpgsqlDataSource Database { get; }

    public Uri? Broker { get; private init; }

    /// <summary>The bootstrap key: every role but portal and system.</summary>
    public HttpClient Http { get; private set; } = null!;

    public IServiceProvider Services => _host!.App.Services;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="twin">Another replica of this service: the same databases, keys and broker.</param>
    public static async Task<Running> StartAsync(
        Servers servers, Uri? broker, Running? twin = null, ILoggerProvider? log = null, params string[] settings) =>
        await StartAsync(twin?.Databases ?? await servers.CreateDatabaseAsync(), broker, twin, log, settings);

    /// <summary>On databases that the test has made, reached as it says.</summary>
    public static async Task<Running> StartAsync(
        TestDatabases given, Uri? broker, Running? twin = null, ILoggerProvider? log = null, params string[] settings)
    {
        var directory = twin?._directory ?? Servers.NewDirectory();
        var running = new Running(given, directory, twin is null) { Broker = broker };
        Directory.CreateDirectory(directory);
        var keyFile = Path.Combine(directory, "master.json");
        if (twin is null)
            KeyRing.CreateFile(keyFile, TimeProvider.System);
        var databases = running.Databases;
        string[] all =
        [
            $"--ConnectionStrings:OptOut={databases.Service}", $"--ConnectionStrings:OptOutOwner={databases.Owner}",
            $"--ConnectionStrings:OptOutKeys={databases.KeysService}", $"--ConnectionStrings:OptOutKeysOwner={databases.Keys}",
            $"--OptOut:MasterKeyFile={keyFile}", $"--OptOut:BootstrapAdminKey={BootstrapKey}", $"--OptOut:DataDirectory={directory}",
            "--OptOut:AllowPrivateTargets=true", "--OptOut:PublicBaseUrl=https://stop.example.com", "--urls=http://127.0.0.1:0",
            .. broker is null ? Array.Empty<string>() : [$"--RabbitMq:Uri={broker}"], .. settings,
        ];
        running._host = await ServiceHost.BuildAsync(all, Cancellation);
        if (log is not null)
            running.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        await running._host.App.StartAsync(Cancellation);
        running.Http = running.As(BootstrapKey);
        return running;
    }

    public HttpClient As(string key)
    {
        var client = new HttpClient { BaseAddress = new Uri(_host!.App.Urls.First()), Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    public async Task<(int Status, JsonElement Body)> DoAsync(
        HttpMethod method, string path, object? body = null, HttpClient? client = null, params (string, string)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await (client ?? Http).SendAsync(request, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        return ((int)response.StatusCode, text.StartsWith('{') ? JsonSerializer.Deserialize<JsonElement>(text) : default);
    }

    /// <summary>A purpose beside all others, so that tests over one service do not meet.</summary>
    public async Task<string> PurposeAsync()
    {
        var name = $"t{Guid.CreateVersion7():N}";
        var (status, _) = await DoAsync(HttpMethod.Put, $"/v1/purposes/{name}", new { displayName = "A purpose" });
        Assert.InRange(status, 200, 201);
        return name;
    }

    /// <param name="url">Null for the broker.</param>
    /// <param name="identifiers">Each as <c>type:form</c>.</param>
    public Task<Downstream> RegisterAsync(
        string purpose, Uri? url = null, int objective = 60, params string[] identifiers) => RegisterOnAsync(
        purpose, url is null ? new { type = "rabbitmq" } : new { type = "webhook", url }, objective, identifiers);

    /// <param name="channel">How the system is reached, as the registration has it.</param>
    public async Task<Downstream> RegisterOnAsync(
        string purpose, object channel, int objective = 60, params string[] identifiers)
    {
        var name = $"s{Guid.CreateVersion7():N}";
        var (status, body) = await DoAsync(
            HttpMethod.Put, $"/v1/systems/{name}", Definition(purpose, channel, objective, identifiers));
        Assert.True(status == 201, $"{status} {body}");
        return new Downstream(this, name,
            WebhookSecret.Parse(body.GetProperty("secret").GetString()!), body.GetProperty("apiKey").GetString()!);
    }

    public static object Definition(string purpose, object channel, int objective = 60, params string[] identifiers) => new
    {
        displayName = "A system",
        kind = "internal",
        owner = "somebody",
        channel,
        contract = new
        {
            purposes = (string[])[purpose],
            channels = (string[])["any"],
            identifiers = (identifiers is [] ? ["email:plain"] : identifiers)
                .Select(one => new { type = one.Split(':')[0], form = one.Split(':')[1] }),
            objectiveSeconds = objective,
        },
    };

    /// <summary>Records a stop; the record as answered.</summary>
    public async Task<JsonElement> StopAsync(string purpose, string? email = null, params (string, string)[] headers)
    {
        var (status, body) = await DoAsync(HttpMethod.Post, "/v1/opt-outs", Stop(purpose, ("email", email ?? NewEmail())), null, headers);
        Assert.True(status == 201, $"{status} {body}");
        return body;
    }

    public static string NewEmail() => $"p{Guid.CreateVersion7():N}@example.com";

    public static object Stop(string purpose, params (string Type, string Value)[] identifiers) => new
    {
        subject = new { identifiers = identifiers.Select(i => new { type = i.Type, value = i.Value }) },
        scope = new { purpose, channel = "any" },
    };

    /// <summary>The subject's own reversal, through a portal's token.</summary>
    public async Task<JsonElement> ReverseAsync(JsonElement record, string purpose, string email)
    {
        if (_portalKey.Length == 0)
            _portalKey = (await DoAsync(HttpMethod.Post, "/v1/keys", new { name = "portal", roles = (string[])["portal"] }))
                .Body.GetProperty("key").GetString()!;
        using var portal = As(_portalKey);
        var (_, link) = await DoAsync(HttpMethod.Post, "/v1/links", new
        {
            subject = new { identifiers = (object[])[new { type = "email", value = email }] },
            scope = new { purpose, channel = "any" },
            action = "reversal",
        }, portal);
        var (status, body) = await DoAsync(HttpMethod.Post, $"/v1/opt-outs/{record.Id()}/reversals",
            new { evidence = new { type = "token", token = link.GetProperty("token").GetString() } }, portal,
            ("If-Match", $"\"{record.GetProperty("version").GetInt32()}\""), ("Idempotency-Key", $"\"{Guid.CreateVersion7()}\""));
        Assert.True(status == 201, $"{status} {body}");
        return body;
    }

    public async Task<JsonElement> PropagationAsync(string optOutId, int wait = 0) => (await DoAsync(
        HttpMethod.Get, $"/v1/opt-outs/{optOutId}/propagation", null, null, wait > 0 ? [("Prefer", $"wait={wait}")] : [])).Body;

    public async Task<JsonElement> DeliveryAsync(string deliveryId) =>
        (await DoAsync(HttpMethod.Get, $"/v1/deliveries/{deliveryId}")).Body;

    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteScalarAsync(Cancellation) is T result ? result : default!;
    }

    /// <summary>Makes an open delivery due now, as its time would.</summary>
    public Task<object> DueAsync(string deliveryId) => ScalarAsync<object>(
        "UPDATE optout.open_delivery SET due_at = now() WHERE delivery_id = $1", Guid.Parse(deliveryId[4..]));

    public static async Task UntilAsync(Func<Task<bool>> holds, string what, TimeSpan? patience = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < (patience ?? Patience), what);
            await poll.WaitForNextTickAsync(Cancellation);
        }
    }

    /// <summary>The state of the system's newest delivery of an opt-out, once it is the one.</summary>
    public Task<JsonElement> StateAsync(string optOutId, Downstream system, string state) =>
        DeliveryOfAsync(optOutId, system, one => one.GetProperty("state").GetString() == state, $"never {state}");

    public async Task<JsonElement> DeliveryOfAsync(
        string optOutId, Downstream system, Func<JsonElement, bool> holds, string what)
    {
        JsonElement found = default;
        await UntilAsync(async () =>
        {
            found = (await PropagationAsync(optOutId)).GetProperty("systems").EnumerateArray()
                .FirstOrDefault(one => one.GetProperty("system").GetString() == system.Name);
            return found.ValueKind == JsonValueKind.Object && holds(found);
        }, what);
        return found;
    }

    /// <summary>Ends without a word, as a killed process does: sessions and connections break, nothing is handed over.</summary>
    public async Task StopHostAsync()
    {
        if (Interlocked.Exchange(ref _host, null) is not { } host)
            return;
        await host.App.StopAsync(CancellationToken.None);
        await host.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        await StopHostAsync();
        await Database.DisposeAsync();
        if (_ownsDirectory)
            Directory.Delete(_directory, recursive: true);
    }
}

internal static class RecordJson
{
    public static string Id(this JsonElement record) => record.GetProperty("id").GetString()!;

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
