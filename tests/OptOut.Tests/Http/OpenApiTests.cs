using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OptOut.Service.Access;
using OptOut.Service.Platform.OpenApi;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Tests.Http;

public sealed class OpenApiTests : IAsyncLifetime
{
    private LocalApp app = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => app = await LocalApp.StartAsync(
        a =>
        {
            a.UseOptOutOpenApiPolicy();
            a.MapAccess();
            a.MapOptOutHealth().PublicRoute();
            a.MapOptOutOpenApi();
        },
        b =>
        {
            b.Services.AddOptOutOpenApi();
            b.Services.AddAccess(b.Configuration);
            b.Services.AddSingleton<OptOut.Service.Platform.Http.ICursors, PlainCursors>();
            b.Services.AddSingleton(new OptOut.Service.Platform.Database.Databases(new("Host=127.0.0.1", null, "Host=127.0.0.1", null)));
        });

    public ValueTask DisposeAsync() => app.DisposeAsync();

    [Fact]
    public async Task The_document_is_openapi_3_1_and_every_operation_is_complete()
    {
        using var document = JsonDocument.Parse(await app.Client.GetStringAsync(OpenApiSetup.DocumentPath, Cancel));
        Assert.StartsWith("3.1", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Empty(OpenApiGaps.Find(document.RootElement));
        Assert.True(document.RootElement.GetProperty("paths").EnumerateObject().Count() >= 5);
    }

    [Fact]
    public void An_operation_that_lacks_something_is_found()
    {
        using var bare = JsonDocument.Parse("""{"paths":{"/x":{"post":{"responses":{"200":{"content":{"application/json":{}}}}}}}}""");
        Assert.Equal(
            ["post /x: no operationId", "post /x: no summary", "post /x: no tags", "post /x: no security", "post /x: no example in 200"],
            OpenApiGaps.Find(bare.RootElement));
    }

    [Fact]
    public async Task A_keyed_route_names_its_roles_and_a_public_one_needs_none()
    {
        using var document = JsonDocument.Parse(await app.Client.GetStringAsync(OpenApiSetup.DocumentPath, Cancel));
        var paths = document.RootElement.GetProperty("paths");
        Assert.Equal("""[{"apiKey":["admin"]}]""", Compact(paths.GetProperty("/v1/keys").GetProperty("post").GetProperty("security")));
        Assert.Equal("[{}]", Compact(paths.GetProperty("/health/live").GetProperty("get").GetProperty("security")));
        Assert.Equal("bearer", document.RootElement.GetProperty("components").GetProperty("securitySchemes")
            .GetProperty("apiKey").GetProperty("scheme").GetString());
        var created = paths.GetProperty("/v1/keys").GetProperty("post").GetProperty("responses");
        Assert.Equal(["201", "400", "401", "403", "413", "415", "422", "500", "503"], created.EnumerateObject().Select(r => r.Name));
        Assert.True(created.GetProperty("422").GetProperty("content").TryGetProperty("application/problem+json", out _));
    }

    [Fact]
    public async Task The_page_runs_under_a_policy_that_allows_only_its_own_files()
    {
        var page = await app.Client.GetAsync("/swagger/index.html", Cancel);
        var html = await page.Content.ReadAsStringAsync(Cancel);
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Equal(200, (int)page.StatusCode);
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotMatch("<script(?![^>]*src=)", html);
        Assert.DoesNotMatch("(src|href)=[\"']?https?:", html);
        foreach (var file in (string[])["swagger-ui-bundle.js", "swagger-ui.css", "index.js"])
            Assert.Equal(200, (int)(await app.Client.GetAsync("/swagger/" + file, Cancel)).StatusCode);
        Assert.Contains(OpenApiSetup.DocumentPath, await app.Client.GetStringAsync("/swagger/index.js", Cancel), StringComparison.Ordinal);
    }

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);
}
