using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Service.Access;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;
using OptOut.Service.Platform.OpenApi;

namespace OptOut.IntegrationTests.Access;

/// <summary>One replica of the front with its keys, on a port of its own.</summary>
internal sealed class AccessApp : IAsyncDisposable
{
    public static readonly string Bootstrap = ApiKeyText.NewSecret("00000000000000aa").Key;

    private readonly WebApplication app;
    private readonly HttpClient client;

    private AccessApp(WebApplication app)
    {
        this.app = app;
        client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<DatabaseOptions> MigrateAsync(TestDatabases databases)
    {
        var options = new DatabaseOptions(databases.Service, databases.Owner, databases.KeysService, databases.Keys);
        await new Migrator(options, NullLogger<Migrator>.Instance).RunAsync(Cancel);
        return options;
    }

    public static async Task<AccessApp> StartAsync(DatabaseOptions databases, string environment = "Production")
    {
        var ring = Path.Combine(Path.GetTempPath(), $"optout-ring-{Guid.CreateVersion7():N}");
        KeyRing.CreateFile(ring, TimeProvider.System);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration[BootstrapKey.Setting] = Bootstrap;
        builder.AddOptOutHttp();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(databases).AddSingleton(new Databases(databases));
        builder.Services.AddKeys(KeyRing.Load(ring)).AddOptOutOpenApi().AddAccess(builder.Configuration);
        File.Delete(ring);
        var app = builder.Build();
        app.UseOptOutHttp();
        app.UseAccess();
        app.MapAccess();
        app.MapSurroundingRoutes();
        app.MapGet("/recorder", (HttpContext http) => http.Caller().Name).RequireRoles("recorder");
        await app.StartAsync(Cancel);
        return new AccessApp(app);
    }

    public async Task<Answer> SendAsync(string method, string path, string? key, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await client.SendAsync(request, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        var json = text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default;
        return new Answer((int)answer.StatusCode, json, text, answer.Headers.ToString());
    }

    /// <summary>Makes a key and returns (id, whole key).</summary>
    public async Task<(string Id, string Key)> NewKeyAsync(string roles, string expiresAt = "null")
    {
        var answer = await SendAsync("POST", "/v1/keys", Bootstrap,
            $$"""{"name":"shop","roles":[{{roles}}],"expiresAt":{{expiresAt}}}""");
        Assert.Equal(201, answer.Status);
        return (answer.Text("id"), answer.Text("key"));
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
    }
}

internal sealed record Answer(int Status, JsonElement Json, string Body, string Headers)
{
    public string Text(string name) => Json.GetProperty(name).GetString()!;
}
