using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Npgsql;
using OptOut.Service;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Keys;

namespace OptOut.IntegrationTests.Fixtures;

/// <summary>The real service on real databases, listening on loopback, with a key for every role a test asks for.</summary>
public sealed class RunningService : IAsyncDisposable
{
    public const string BootstrapKey = "oo_00000000000000aa_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    private const string KeyFileName = "master.json";
    private const string LedgerKeyFileName = "ledger-keys.json";

    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _keys = new(StringComparer.Ordinal);
    private readonly string[] _settings;
    private readonly bool _ownsDirectory;
    private ServiceHost? _host;

    private RunningService(TestDatabases databases, string directory, bool ownsDirectory, string[] settings)
    {
        Databases = databases;
        Directory = directory;
        _ownsDirectory = ownsDirectory;
        _settings = settings;
        Database = NpgsqlDataSource.Create(databases.Admin);
    }

    public TestDatabases Databases { get; }

    /// <summary>Where the master keys are, and whatever else the service keeps in files.</summary>
    public string Directory { get; }

    /// <summary>The main database under the superuser: to prepare, to look at and to break what the service may not.</summary>
    public NpgsqlDataSource Database { get; }

    public HttpClient Http { get; private set; } = null!;

    internal WebApplication App => _host!.App;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>On fresh databases; settings are written as on a command line, <c>--RabbitMq:Uri=…</c>.</summary>
    public static async Task<RunningService> StartAsync(Servers servers, params string[] settings) =>
        await StartAsync(await servers.CreateDatabaseAsync(), settings);

    /// <summary>On given databases with a master key of its own; migrates with the owner's login.</summary>
    public static Task<RunningService> StartAsync(TestDatabases databases, params string[] settings)
    {
        var directory = Servers.NewDirectory();
        System.IO.Directory.CreateDirectory(directory);
        KeyRing.CreateFile(Path.Combine(directory, KeyFileName), TimeProvider.System);
        LedgerKeys.CreateFile(Path.Combine(directory, LedgerKeyFileName));
        return new RunningService(databases, directory, ownsDirectory: true, settings).StartHostAsync();
    }

    /// <summary>One more process's worth of the same installation: same databases, same keys, same settings and more.</summary>
    public Task<RunningService> StartReplicaAsync(params string[] settings) =>
        new RunningService(Databases, Directory, ownsDirectory: false, [.. _settings, .. settings]).StartHostAsync();

    /// <summary>What a command line of this installation holds, for a process of the built program too.</summary>
    public static string[] Arguments(TestDatabases databases, string directory) =>
    [
        $"--ConnectionStrings:OptOut={databases.Service}", $"--ConnectionStrings:OptOutKeys={databases.KeysService}",
        .. databases.Owner.Length == 0 ? Array.Empty<string>() : [$"--ConnectionStrings:OptOutOwner={databases.Owner}"],
        .. databases.Keys.Length == 0 ? Array.Empty<string>() : [$"--ConnectionStrings:OptOutKeysOwner={databases.Keys}"],
        $"--OptOut:MasterKeyFile={Path.Combine(directory, KeyFileName)}", $"--OptOut:DataDirectory={directory}",
        $"--OptOut:LedgerKeyFile={Path.Combine(directory, LedgerKeyFileName)}",
        $"--OptOut:BootstrapAdminKey={BootstrapKey}", "--Urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=Critical",
    ];

    /// <summary>Ends as a process does on SIGTERM: accepted requests are answered first.</summary>
    public Task StopAsync() => App.StopAsync();

    public Task<Answer> PostAsync(
        string path, string json, string role = "recorder", string? idempotencyKey = null, string? ifMatch = null) =>
        SendAsync(HttpMethod.Post, path, new StringContent(json, Encoding.UTF8, "application/json"), role, idempotencyKey,
            ifMatch);

    public Task<Answer> GetAsync(string path, string role = "reader") => SendAsync(HttpMethod.Get, path, null, role);

    /// <summary>Any request; an empty role sends no key.</summary>
    public async Task<Answer> SendAsync(
        HttpMethod method, string path, HttpContent? content, string role, string? idempotencyKey = null,
        string? ifMatch = null, CancellationToken? cancellation = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (role.Length > 0)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await KeyOfAsync(role));
        if (idempotencyKey is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var response = await Http.SendAsync(request, cancellation ?? Cancellation);
        return await Answer.ReadAsync(response);
    }

    /// <summary>A key with the given roles, made once per combination: <c>"recorder"</c>, <c>"reader+auditor"</c>.</summary>
    public Task<string> KeyOfAsync(string roles) => roles == "bootstrap"
        ? Task.FromResult(BootstrapKey)
        : _keys.GetOrAdd(roles, words => new Lazy<Task<string>>(() => MakeKeyAsync(words))).Value;

    /// <summary>A key that other services with the same databases accept, so that replicas can share it.</summary>
    public async Task ShareKeyAsync(string roles, RunningService other)
    {
        var key = await KeyOfAsync(roles);
        other._keys[roles] = new Lazy<Task<string>>(() => Task.FromResult(key));
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    public async Task RunAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (_host is not null)
        {
            await _host.App.StopAsync(CancellationToken.None);
            await _host.DisposeAsync();
        }

        await Database.DisposeAsync();
        if (_ownsDirectory)
            System.IO.Directory.Delete(Directory, recursive: true);
    }

    private async Task<RunningService> StartHostAsync()
    {
        try
        {
            _host = await ServiceHost.BuildAsync([.. Arguments(Databases, Directory), .. _settings], CancellationToken.None);
            await App.StartAsync(CancellationToken.None);
            Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
            {
                BaseAddress = new Uri(App.Urls.First()),
            };
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    private async Task<string> MakeKeyAsync(string roles)
    {
        var words = string.Join(", ", roles.Split('+').Select(role => $"\"{role}\""));
        var made = await PostAsync("/v1/keys", $$"""{ "name": "{{roles.Replace('+', '-')}}", "roles": [ {{words}} ] }""",
            "bootstrap");
        return made.Json.GetProperty("key").GetString()!;
    }
}

/// <summary>An answer, read whole.</summary>
public sealed record Answer(int Status, HttpResponseHeaders Headers, string? ContentType, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);

    /// <summary>The problem's code, or the state of what is no problem.</summary>
    public string Code => Json.GetProperty("code").GetString()!;

    public string Id => Json.GetProperty("id").GetString()!;

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    public static async Task<Answer> ReadAsync(HttpResponseMessage response) => new(
        (int)response.StatusCode, response.Headers, response.Content.Headers.ContentType?.ToString(),
        await response.Content.ReadAsByteArrayAsync(CancellationToken.None));
}
