using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;
using OptOut.Tests.Http;

namespace OptOut.Tests.Access;

/// <summary>The gate with its bootstrap key alone, which needs no database.</summary>
public sealed class AccessGateTests : IAsyncLifetime
{
    private readonly string key = ApiKeyText.NewSecret("00000000000000aa").Key;

    private readonly LinesLogger lines = new();
    private LocalApp app = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => app = await LocalApp.StartAsync(
        Map,
        builder =>
        {
            builder.Configuration[BootstrapKey.Setting] = key;
            builder.Logging.AddProvider(lines);
            builder.Services.AddAccess(builder.Configuration);
            // Stands where the database is not part of the claim: it knows no key at all.
            builder.Services.AddSingleton(p => new KeyCache(
                (_, _) => Task.FromResult<IReadOnlyList<KnownKey>>([]), p.GetRequiredService<TimeProvider>()));
        });

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private static void Map(WebApplication app)
    {
        app.UseAccess();
        app.MapGet("/forgotten", () => "open");
        app.MapGet("/public", (HttpContext http) => http.TryCaller()?.KeyId ?? "nobody").PublicRoute();
        app.MapGet("/either", (HttpContext http) => http.TryCaller()?.KeyId ?? "nobody").PublicRoute(readsKey: true);
        app.MapGet("/admin", (HttpContext http) => http.Caller().Actor).RequireRoles("admin").Refuses(ProblemKinds.NotFound);
        app.MapGet("/portal", () => "in").RequireRoles("portal", "system");
        var group = app.MapGroup("/group").RequireRoles("portal");
        group.MapGet("/own", () => "in").RequireRoles("reader");
        group.MapGet("/inherited", () => "in");
    }

    [Fact]
    public async Task A_key_with_the_role_passes_and_is_known_to_the_handler() =>
        Assert.Equal("key:00000000000000aa", await (await GetAsync("/admin", key)).Content.ReadAsStringAsync(Cancel));

    [Fact]
    public async Task Every_refusal_and_every_read_leaves_a_line_with_the_route_and_the_key_id_alone()
    {
        await GetAsync("/admin", key);
        await GetAsync("/admin", null);
        await GetAsync("/portal", key);
        await GetAsync("/admin", key[..^4] + "AAAA");

        Assert.Contains(lines.Lines, line => line.Contains("Key 00000000000000aa reads /admin", StringComparison.Ordinal));
        Assert.Contains(lines.Lines, line => line.Contains("No key was sent for /admin", StringComparison.Ordinal));
        Assert.Contains(lines.Lines, line => line.Contains("Key 00000000000000aa lacks the role for /portal", StringComparison.Ordinal));
        Assert.Contains(lines.Lines, line => line.Contains("Credential refused", StringComparison.Ordinal));
        Assert.DoesNotContain(lines.Lines, line => line.Contains(key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_key_the_answer_is_401_and_says_how_to_ask()
    {
        var answer = await GetAsync("/admin", null);
        Assert.Equal((401, "unauthenticated"), await ProblemAsync(answer));
        Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Fact]
    public async Task Without_the_role_the_answer_is_403_and_says_which_role_is_needed()
    {
        var answer = await GetAsync("/portal", key);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("scope_missing", text, StringComparison.Ordinal);
        Assert.Contains("portal, system", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_route_that_states_nothing_is_closed_even_to_an_admin() =>
        Assert.Equal((403, "route_closed"), await ProblemAsync(await GetAsync("/forgotten", key)));

    [Theory]
    [InlineData("/group/own", 200)]
    [InlineData("/group/inherited", 403)]
    public async Task A_routes_own_statement_wins_over_its_groups(string path, int status) =>
        Assert.Equal(status, (int)(await GetAsync(path, key)).StatusCode);

    [Fact]
    public async Task A_public_route_reads_no_key_unless_it_says_so()
    {
        Assert.Equal("nobody", await (await GetAsync("/public", "rubbish")).Content.ReadAsStringAsync(Cancel));
        Assert.Equal("nobody", await (await GetAsync("/either", null)).Content.ReadAsStringAsync(Cancel));
        Assert.Equal("00000000000000aa", await (await GetAsync("/either", key)).Content.ReadAsStringAsync(Cancel));
        Assert.Equal((401, "unauthenticated"), await ProblemAsync(await GetAsync("/either", "rubbish")));
    }

    [Theory]
    [InlineData("key")]
    [InlineData("access_token")]
    [InlineData("api_key")]
    public async Task A_key_in_the_query_string_is_never_read(string name) =>
        Assert.Equal((401, "unauthenticated"), await ProblemAsync(await GetAsync($"/admin?{name}={key}", null)));

    [Fact]
    public async Task A_wrong_secret_and_an_unknown_id_get_the_same_answer()
    {
        var wrong = await GetAsync("/admin", ApiKeyText.NewSecret("00000000000000aa").Key);
        var unknown = await GetAsync("/admin", ApiKeyText.NewSecret("00000000000000bb").Key);
        Assert.Equal(await DetailAsync(wrong), await DetailAsync(unknown));
        Assert.Equal((wrong.StatusCode, unknown.StatusCode), (HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task Guessing_is_throttled_and_a_key_that_holds_still_passes()
    {
        HttpResponseMessage answer;
        var tries = 0;
        do answer = await GetAsync("/admin", ApiKeyText.NewSecret("00000000000000aa").Key);
        while (answer.StatusCode == HttpStatusCode.Unauthorized && ++tries < 100);

        Assert.Equal(FailureThrottle.Quota, tries);
        Assert.Equal((429, "too_many_requests"), await ProblemAsync(answer));
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Matches("^\"failed-authentications\";r=0;t=\\d+$", answer.Headers.GetValues("RateLimit").Single());
        Assert.Equal("\"failed-authentications\";q=20;w=60", answer.Headers.GetValues("RateLimit-Policy").Single());
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/admin", key)).StatusCode);
        Assert.DoesNotContain(app.Log.Lines, l => l.Contains(key[20..], StringComparison.Ordinal));
    }

    [Fact]
    public void The_inventory_lists_every_route_with_roles_and_refusals()
    {
        var lines = RouteInventory.Describe(app.Services.GetRequiredService<IEnumerable<EndpointDataSource>>());
        Assert.Equal(
            [
                "GET /admin | admin | not_found",
                "GET /either | public, key optional |",
                "GET /forgotten | CLOSED |",
                "GET /group/inherited | portal |",
                "GET /group/own | reader |",
                "GET /portal | portal, system |",
                "GET /public | public |",
            ],
            lines);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string? bearer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (bearer is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        return await app.Client.SendAsync(request, Cancel);
    }

    private static async Task<(int Status, string? Code)> ProblemAsync(HttpResponseMessage answer) =>
        ((int)answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("code").GetString());

    private static async Task<string?> DetailAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("detail").GetString();
}
