using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace OptOut.IntegrationTests.Portal;

[Collection(PortalCollection.Name)]
public sealed class GpcTests(PortalService service)
{
    private const string Identifiers = """{ "identifiers": [ { "type": "email", "value": "gpc@example.com" } ] }""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_signal_stops_sale_and_sharing_and_says_that_it_was_honoured()
    {
        using var first = await SendAsync(["1"], """{ "deviceId": "device-honoured-1" }""");
        using var again = await SendAsync(["1"], """{ "deviceId": "device-honoured-1" }""");

        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(
            await first.Content.ReadAsStringAsync(Cancellation), await again.Content.ReadAsStringAsync(Cancellation));
        var answer = await PortalService.JsonAsync(first);
        Assert.True(answer.GetProperty("honored").GetBoolean());
        Assert.Equal("Opt-Out Request Honored", answer.GetProperty("notice").GetString());
        var record = Assert.Single(await service.OptOutsAsync("device_id", "device-honoured-1"));
        Assert.Equal("sale_or_share", record.GetProperty("scope").GetProperty("purpose").GetString());
        Assert.Equal("any", record.GetProperty("scope").GetProperty("channel").GetString());
        Assert.Equal("gpc", record.GetProperty("origin").GetProperty("method").GetString());
        Assert.Equal("ccpa", record.GetProperty("regime").GetString());
        Assert.Equal("*", Assert.Single(first.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.False(first.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    public static TheoryData<string[], bool> Signals => new()
    {
        { [], false },
        { [""], false },
        { ["0"], false },
        { ["true"], false },
        { ["11"], false },
        { ["1.0"], false },
        { ["?1"], false },
        { ["\"1\""], false },
        { ["1;q=1"], false },
        { ["0, 11"], false },
        { ["1"], true },
        { ["0", "1"], true },
        { ["1", "1"], true },
        // One header of a hop that joined two.
        { ["0, 1"], true },
    };

    [Theory]
    [MemberData(nameof(Signals))]
    public async Task Only_the_exact_value_1_counts(string[] values, bool counts)
    {
        var before = await service.EvidenceAsync();

        using var answer = await SendAsync(
            values, $$"""{ "deviceId": "device-table-{{string.Join('-', values).Length}}-{{values.Length}}" }""");

        if (counts)
        {
            Assert.True(answer.IsSuccessStatusCode);
            return;
        }

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("gpc_signal_absent", await PortalService.CodeAsync(answer));
        Assert.Equal(before, await service.EvidenceAsync());
    }

    [Fact]
    public async Task Identifiers_need_a_recorder_key()
    {
        using var nobody = await SendAsync(["1"], Identifiers);
        using var reader = await SendAsync(["1"], Identifiers, "reader");
        using var recorder = await SendAsync(["1"], Identifiers, "recorder");

        Assert.Equal(HttpStatusCode.Forbidden, nobody.StatusCode);
        Assert.Equal("scope_missing", await PortalService.CodeAsync(nobody));
        Assert.Equal("scope_missing", await PortalService.CodeAsync(reader));
        Assert.Equal(HttpStatusCode.Created, recorder.StatusCode);
        Assert.Single(await service.OptOutsAsync("email", "gpc@example.com"));
    }

    [Theory]
    [InlineData("{ }", 422, "/deviceId")]
    [InlineData("""{ "deviceId": "" }""", 422, "/deviceId")]
    [InlineData("""{ "deviceId": "00000000-0000-0000-0000-000000000000" }""", 422, "/deviceId")]
    [InlineData("""{ "deviceId": "x-unknown", "purpose": "all" }""", 400, null)]
    public async Task A_body_that_breaks_a_rule_is_refused_at_its_place(string body, int status, string? place)
    {
        using var answer = await SendAsync(["1"], body);

        Assert.Equal(status, (int)answer.StatusCode);
        if (place is null)
            return;
        var problem = await PortalService.JsonAsync(answer);
        Assert.Equal(place, problem.GetProperty("errors")[0].GetProperty("pointer").GetString());
    }

    [Fact]
    public async Task A_page_of_any_origin_may_send_the_signal_and_no_other_route_answers_across_origins()
    {
        using var preflight = await service.SendAsync(new HttpRequestMessage(HttpMethod.Options, "/gpc"));
        using var elsewhere = await service.SendAsync(new HttpRequestMessage(HttpMethod.Options, "/v1/links"));
        using var get = await service.GetAsync("/gpc");

        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal("POST", Assert.Single(preflight.Headers.GetValues("Access-Control-Allow-Methods")));
        Assert.Equal("content-type", Assert.Single(preflight.Headers.GetValues("Access-Control-Allow-Headers")));
        Assert.False(elsewhere.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
    }

    [Fact]
    public async Task The_statement_is_as_the_draft_has_it()
    {
        using var answer = await service.GetAsync("/.well-known/gpc.json");

        Assert.Equal("application/json", answer.Content.Headers.ContentType!.ToString());
        var statement = await PortalService.JsonAsync(answer);
        Assert.True(statement.GetProperty("gpc").GetBoolean());
        Assert.Matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", statement.GetProperty("lastUpdate").GetString()!);
    }

    private Task<HttpResponseMessage> SendAsync(string[] signals, string body, string? role = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/gpc")
        {
            Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        foreach (var signal in signals)
            request.Headers.TryAddWithoutValidation("Sec-GPC", signal);
        return service.SendAsync(request, role);
    }
}
