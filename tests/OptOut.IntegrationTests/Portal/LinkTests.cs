using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Portal;

[Collection(PortalCollection.Name)]
public sealed class LinkTests(PortalService service, Servers servers)
{
    private const string Nobody = """{ "id": "sub_00000000000000000000000000000001" }""";
    private const string Somebody = """{ "identifiers": [ { "type": "email", "value": "a@example.com" } ] }""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_link_carries_both_mail_headers_and_no_identifier()
    {
        var link = await service.LinkAsync("headers@example.com", role: "recorder");

        var token = link.GetProperty("token").GetString()!;
        Assert.Equal($"https://stop.example.com/o/{token}", link.GetProperty("url").GetString());
        Assert.Equal($"<https://stop.example.com/o/{token}>", link.GetProperty("listUnsubscribe").GetString());
        Assert.Equal("List-Unsubscribe=One-Click", link.GetProperty("listUnsubscribePost").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, link.GetProperty("expiresAt").ValueKind);
        Assert.DoesNotContain("headers", token, StringComparison.OrdinalIgnoreCase);
        Assert.Matches("^[A-Za-z0-9_-]{60,}$", token);
    }

    [Fact]
    public async Task The_host_header_never_decides_where_a_link_points()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/links")
        {
            Content = new StringContent(
                PortalService.LinkBody("host@example.com", "stop"), Encoding.UTF8,
                new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.Host = "evil.example.net";

        using var answer = await service.SendAsync(request, "recorder");

        Assert.DoesNotContain("evil", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reader", "stop")]
    [InlineData("gate", "stop")]
    [InlineData("operator", "stop")]
    [InlineData("recorder", "reversal")]
    [InlineData("bootstrap", "reversal")]
    public async Task Only_the_named_roles_get_a_link(string role, string action)
    {
        using var answer = await service.PostAsync(
            "/v1/links", PortalService.LinkBody("roles@example.com", action), role);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal("scope_missing", await PortalService.CodeAsync(answer));
    }

    [Theory]
    [InlineData(Nobody, "marketing", "\"stop\"", 422, "validation_failed")]
    [InlineData(Somebody, "nothing", "\"stop\"", 422, "validation_failed")]
    [InlineData(Somebody, "marketing", "\"start\"", 422, "validation_failed")]
    [InlineData(Somebody, "marketing", "\"stop\", \"url\": \"x\"", 400, "unknown_member")]
    public async Task A_link_that_means_nothing_is_refused(
        string subject, string purpose, string action, int status, string code)
    {
        var body = $$"""{ "subject": {{subject}}, "scope": { "purpose": "{{purpose}}" }, "action": {{action}} }""";
        using var answer = await service.PostAsync("/v1/links", body, "portal");

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(code, await PortalService.CodeAsync(answer));
    }

    [Fact]
    public async Task A_token_never_reaches_a_log()
    {
        var log = new CapturedLog();
        service.Services.GetRequiredService<ILoggerFactory>().AddProvider(log.Provider());
        var token = await service.TokenAsync("logged@example.com");

        (await service.GetAsync("/o/" + token)).Dispose();
        (await service.PressAsync(token)).Dispose();
        (await service.SendAsync(new HttpRequestMessage(HttpMethod.Put, "/o/" + token))).Dispose();
        (await service.GetAsync($"/o/{token}/more")).Dispose();

        Assert.NotEmpty(log.Lines);
        Assert.DoesNotContain(log.Lines, line => line.Contains(token, StringComparison.Ordinal));
        Assert.DoesNotContain(
            log.Lines, line => line.Contains("logged@example.com", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Links of sent mails are opened a year later, when the key has long been replaced.</summary>
    [Fact]
    public async Task A_link_never_expires_for_stopping_and_survives_key_rotation()
    {
        string token;
        TestDatabases databases;
        await using (var before = new PortalService(servers) { PublicBaseUrl = null })
        {
            await before.InitializeAsync();
            databases = before.Databases!;
            var link = await before.LinkAsync("rotated@example.com");
            token = link.GetProperty("token").GetString()!;
            Assert.Equal(
                new Uri(before.Http.BaseAddress!, "/o/" + token).ToString(), link.GetProperty("url").GetString());
        }

        await using var after = new PortalService(servers)
        {
            Databases = databases,
            MasterKeys = PortalService.Ring(("k2", 2, "live"), ("k1", 1, "retired")),
        };
        await after.InitializeAsync();

        using var page = await after.GetAsync("/o/" + token);
        using var press = await after.PressAsync(token);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal(HttpStatusCode.OK, press.StatusCode);
        Assert.Single(await after.OptOutsAsync("email", "rotated@example.com"));
        Assert.NotEqual(token, await after.TokenAsync("rotated@example.com"));
    }

    [Fact]
    public async Task A_press_while_storage_is_away_is_503_and_works_when_it_is_back()
    {
        await using var own = new PortalService(servers);
        await own.InitializeAsync();
        var token = await own.TokenAsync("away@example.com");
        await using (var outage = await Outage.StartAsync(own.Databases!))
        {
            using var client = await own.PressAsync(token);
            using var browser = await own.PressAsync(token, "text/html");
            foreach (var answer in (HttpResponseMessage[])[client, browser])
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                Assert.NotNull(answer.Headers.RetryAfter);
            }

            Assert.Contains("<form", await browser.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }

        using var healed = await own.PressAsync(token);
        Assert.Equal(HttpStatusCode.OK, healed.StatusCode);
        Assert.Single(await own.OptOutsAsync("email", "away@example.com"));
    }
}
