using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Portal;

/// <summary>One whole service for the tests of the person's way in, with keys for every role they use.</summary>
public sealed class PortalService(Servers servers) : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("optout-portal-");
    private readonly Dictionary<string, string> _keys = new(StringComparer.Ordinal) { ["bootstrap"] = RunningService.BootstrapKey };
    private RunningService? _running;

    public static string FirstRing { get; } = Ring(("k1", 1, "live"));

    public TestDatabases? Databases { get; set; }
    public string MasterKeys { get; set; } = FirstRing;
    public string? PublicBaseUrl { get; set; } = "https://stop.example.com";
    public HttpClient Http => _running!.Http;
    internal IServiceProvider Services => _running!.App.Services;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static string Ring(params (string Id, int Day, string Use)[] keys) => "{ \"keys\": [" + string.Join(", ",
        keys.Select(key => $$"""
            { "id": "{{key.Id}}", "createdAt": "2026-01-{{key.Day:00}}T00:00:00.000Z", "use": "{{key.Use}}",
              "secret": "{{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(key.Id)))}}" }
            """)) + "] }";

    public async ValueTask InitializeAsync()
    {
        Databases ??= await servers.CreateDatabaseAsync();
        var ring = Path.Combine(_directory.FullName, "master.json");
        await File.WriteAllTextAsync(ring, MasterKeys, Cancellation);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(ring, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _running = await RunningService.StartAsync(Databases, [
            $"--OptOut:MasterKeyFile={ring}", "--Logging:LogLevel:Default=Debug",
            .. PublicBaseUrl is null ? Array.Empty<string>() : [$"--OptOut:PublicBaseUrl={PublicBaseUrl}"]]);
        foreach (var role in (string[])["recorder", "portal", "reader", "gate", "operator"])
        {
            var made = await JsonAsync(await PostAsync(
                "/v1/keys", $$"""{ "name": "{{role}}", "roles": ["{{role}}"] }""", "bootstrap"));
            _keys[role] = made.GetProperty("key").GetString()!;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_running is not null)
            await _running.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        return text.StartsWith('{') ? JsonDocument.Parse(text).RootElement
            : throw new InvalidOperationException($"{(int)answer.StatusCode}, no JSON object.");
    }

    public static async Task<string> CodeAsync(HttpResponseMessage answer) =>
        (await JsonAsync(answer)).GetProperty("code").GetString()!;

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? role = null)
    {
        if (role is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _keys[role]);
        return await Http.SendAsync(request, Cancellation);
    }

    public Task<HttpResponseMessage> PostAsync(string path, string json, string? role) => SendAsync(
        new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        },
        role);

    public Task<HttpResponseMessage> GetAsync(string path, string? role = null) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), role);

    /// <summary>A link that stops one scope of the person with this address.</summary>
    public async Task<JsonElement> LinkAsync(
        string email, string action = "stop", string purpose = "marketing", string channel = "email",
        string role = "portal") =>
        await JsonAsync(await PostAsync("/v1/links", LinkBody(email, action, purpose, channel), role));

    public static string LinkBody(
        string email, string action, string purpose = "marketing", string channel = "email") =>
        $$"""
        { "subject": { "identifiers": [ { "type": "email", "value": "{{email}}" } ] },
          "scope": { "purpose": "{{purpose}}", "channel": "{{channel}}" }, "action": "{{action}}" }
        """;

    public async Task<string> TokenAsync(string email) => (await LinkAsync(email)).GetProperty("token").GetString()!;

    /// <summary>What a mail client sends.</summary>
    public Task<HttpResponseMessage> PressAsync(string token, string? accept = null, HttpContent? form = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/o/" + token)
        {
            Content = form ?? new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]),
        };
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        return SendAsync(request);
    }

    public async Task<JsonElement[]> OptOutsAsync(string type, string value)
    {
        var found = await PostAsync(
            "/v1/subjects/lookup", $$"""{ "identifier": { "type": "{{type}}", "value": "{{value}}" } }""", "reader");
        if (!found.IsSuccessStatusCode)
            return [];
        var id = (await JsonAsync(found)).GetProperty("id").GetString();
        var list = await JsonAsync(await GetAsync($"/v1/subjects/{id}/opt-outs", "reader"));
        return [.. list.GetProperty("data").EnumerateArray()];
    }

    /// <summary>Runs SQL as the cluster's superuser: to look at, and to break, what the service may not.</summary>
    public async Task<object?> SqlAsync(string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(Databases!.Admin);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteScalarAsync(Cancellation);
    }

    /// <summary>How many rows any act could have added.</summary>
    public async Task<long> EvidenceAsync() => (long)(await SqlAsync(
        """
        SELECT (SELECT count(*) FROM optout.opt_out_version) + (SELECT count(*) FROM ledger.leaf)
             + (SELECT count(*) FROM optout.subject) + (SELECT count(*) FROM optout.identifier)
        """))!;
}

/// <summary>The tests of one service run one after the other: some of them measure time.</summary>
[CollectionDefinition(Name)]
public sealed class PortalCollection : ICollectionFixture<PortalService>
{
    public const string Name = "portal";
}
