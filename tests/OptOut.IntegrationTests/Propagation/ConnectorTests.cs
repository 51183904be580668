using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OptOut.IntegrationTests.Channels;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Propagation;

/// <summary>Vendors by definition, the whole way: registration, stop, word, read-back.</summary>
public sealed class ConnectorTests(ConnectorService fixture) : IClassFixture<ConnectorService>
{
    private Running Service => fixture.Service;

    [Fact]
    public async Task A_vendors_mapped_answer_is_a_word_with_its_evidence_and_a_read_back_verifies_it()
    {
        await using var vendor = await Receiver.StartAsync(context => VendorStandIn.WriteAsync(context, 200, """{"state":"stopped"}"""));
        var (purpose, system) = await RegisterAsync(vendor);

        var record = await Service.StopAsync(purpose);

        var delivery = await Service.StateAsync(record.Id(), system, "verified");
        var word = delivery.GetProperty("acknowledgement");
        Assert.Equal(("vendor_response", "applied"), (word.Text("source"), word.Text("outcome")));
        Assert.Equal("complete", (await Service.PropagationAsync(record.Id())).Text("state"));
        var attempt = (await Service.DeliveryAsync(delivery.Text("deliveryId"))).GetProperty("attemptHistory")[0];
        Assert.Equal(("acknowledged", 200), (attempt.Text("outcome"), attempt.GetProperty("statusCode").GetInt32()));
        Assert.Equal(1, await Service.ScalarAsync<long>(
            "SELECT count(*) FROM optout.read_back_answer WHERE delivery_id = $1 AND verdict = 'present' AND ledger_entry_id IN (SELECT entry_id FROM ledger.leaf)",
            Guid.Parse(delivery.Text("deliveryId")[4..])));
        Assert.All(vendor.Requests, request => Assert.Equal("Bearer token-of-acme", request.Headers.Authorization));
    }

    [Fact]
    public async Task A_vendor_that_accepts_and_forgets_is_found_by_the_read_back_and_told_again_and_then_parked()
    {
        var holds = false;
        await using var vendor = await Receiver.StartAsync(context => VendorStandIn.WriteAsync(context, 200,
            HttpMethods.IsGet(context.Request.Method) && !Volatile.Read(ref holds) ? """{"state":"forgotten"}""" : """{"state":"stopped"}"""));
        var (purpose, system) = await RegisterAsync(vendor);

        var record = await Service.StopAsync(purpose);

        // Three times forgotten, three times told: then people are called, and it is tried daily.
        var parked = await Service.StateAsync(record.Id(), system, "parked");
        Assert.Equal("read_back_absent", parked.Text("reason"));
        Assert.Equal(3, parked.GetProperty("attempts").GetInt32());
        Assert.Equal("failed", (await Service.PropagationAsync(record.Id())).Text("state"));
        var trail = (await Service.DoAsync(HttpMethod.Get, $"/v1/opt-outs/{record.Id()}/trail")).Body.GetProperty("data");
        Assert.Equal(3, trail.EnumerateArray().Count(item => item.Text("kind") == "read_back"));

        Volatile.Write(ref holds, true);
        await Service.DueAsync(parked.Text("deliveryId"));
        await Service.StateAsync(record.Id(), system, "verified");
    }

    [Fact]
    public async Task A_2xx_that_no_rule_understands_is_sent_and_never_applied()
    {
        await using var vendor = await Receiver.StartAsync(context => VendorStandIn.WriteAsync(context, 200, "<html>we are down</html>"));
        var (purpose, system) = await RegisterAsync(vendor);

        var record = await Service.StopAsync(purpose);

        var delivery = await Service.StateAsync(record.Id(), system, "sent");
        Assert.Equal(JsonValueKind.Null, delivery.GetProperty("acknowledgement").ValueKind);
        Assert.Equal("pending", (await Service.PropagationAsync(record.Id())).Text("state"));
    }

    [Fact]
    public async Task A_lift_reaches_the_vendor_only_when_no_other_stop_needs_its_list()
    {
        await using var vendor = await Receiver.StartAsync(context => VendorStandIn.WriteAsync(context, 200, """{"state":"stopped"}"""));
        var purpose = await Service.PurposeAsync();
        await Service.DoAsync(HttpMethod.Put, $"/v1/purposes/{purpose}.news", new { displayName = "News" });
        var system = await RegisterForAsync(vendor, purpose);
        var email = Running.NewEmail();
        var news = await Service.StopAsync(purpose + ".news", email);
        await Service.StateAsync(news.Id(), system, "verified");
        // Another stop of the same person, of a sibling that the same list stands for.
        await Service.DoAsync(HttpMethod.Put, $"/v1/purposes/{purpose}.offers", new { displayName = "Offers" });
        var offers = await Service.StopAsync(purpose + ".offers", email);
        await Service.StateAsync(offers.Id(), system, "verified");
        var before = vendor.Lines.Count;

        await Service.ReverseAsync(news, purpose + ".news", email);

        await Service.DeliveryOfAsync(news.Id(), system,
            one => one.GetProperty("version").GetInt32() == 2 && one.Text("state") == "applied", "the lift was not answered");
        Assert.DoesNotContain(vendor.Lines.Skip(before), line => line.StartsWith("DELETE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_that_ends_in_the_middle_of_a_batch_is_fetched_anew_once_and_nothing_is_lost()
    {
        var issued = 0;
        var valid = "";
        var used = new ConcurrentQueue<int>();
        await using var vendor = await Receiver.StartAsync(async context =>
        {
            if (context.Request.Path == "/oauth/token")
            {
                valid = $"token-{Interlocked.Increment(ref issued)}";
                await VendorStandIn.WriteAsync(context, 200, $$"""{"access_token":"{{valid}}","token_type":"Bearer","expires_in":3600}""");
            }
            else if (context.Request.Headers.Authorization != "Bearer " + valid)
            {
                await VendorStandIn.WriteAsync(context, 401);
            }
            else
            {
                used.Enqueue(issued);
                if (used.Count == 5)
                    valid = "ended";
                await VendorStandIn.WriteAsync(context, 200, """{"state":"stopped"}""");
            }
        });
        var (purpose, system) = await RegisterAsync(vendor, definition: "acme-oauth");

        var records = new List<JsonElement>();
        for (var i = 0; i < 15; i++)
            records.Add(await Service.StopAsync(purpose));

        foreach (var record in records)
        {
            // The word may be stored a moment before the attempt that brought it.
            var delivery = await Service.DeliveryOfAsync(record.Id(), system,
                one => one.Text("state") == "applied" && one.GetProperty("attempts").GetInt32() > 0, "not applied");
            Assert.Equal(1, delivery.GetProperty("attempts").GetInt32());
        }

        Assert.Equal(2, issued);
        Assert.Contains(vendor.Requests, request => request.Path == "/oauth/token"
            && VendorStandIn.Text(request.Body) == "grant_type=client_credentials&scope=stops"
            && request.Headers.Authorization == "Basic Y2xpZW50OnMlM0FjcmV0");
    }

    [Fact]
    public async Task Without_a_token_no_call_is_made_and_the_attempt_says_so()
    {
        await using var vendor = await Receiver.StartAsync(context => VendorStandIn.WriteAsync(context,
            context.Request.Path == "/oauth/token" ? 400 : 200, """{"error":"invalid_client"}"""));
        var (purpose, system) = await RegisterAsync(vendor, definition: "acme-oauth");

        var record = await Service.StopAsync(purpose);

        var delivery = await Service.DeliveryOfAsync(record.Id(), system, one => one.GetProperty("attempts").GetInt32() > 0, "no attempt");
        var attempts = (await Service.DeliveryAsync(delivery.Text("deliveryId"))).GetProperty("attemptHistory");
        Assert.Equal("authentication_failed", attempts[0].Text("outcome"));
        Assert.All(vendor.Requests, request => Assert.Equal("/oauth/token", request.Path));
    }

    [Fact]
    public async Task A_secret_that_went_away_stops_calls_and_no_delivery()
    {
        await using var vendor = await Receiver.StartAsync(context => VendorStandIn.WriteAsync(context, 200, """{"state":"stopped"}"""));
        var secret = fixture.Secret("leaving", "x");
        var (purpose, system) = await RegisterAsync(vendor, secret: secret);
        File.Delete(Path.Combine(fixture.Secrets, "connector_leaving"));

        var record = await Service.StopAsync(purpose);
        var delivery = await Service.DeliveryOfAsync(record.Id(), system, one => one.Text("state") == "retrying", "never retrying");
        Assert.Equal("misconfigured", (await Service.DeliveryAsync(delivery.Text("deliveryId"))).GetProperty("attemptHistory")[0].Text("outcome"));
        Assert.Empty(vendor.Requests);

        fixture.Secret("leaving", "token-of-acme");
        await Service.DueAsync(delivery.Text("deliveryId"));
        await Service.StateAsync(record.Id(), system, "verified");
    }

    [Fact]
    public async Task A_registration_names_every_fault_at_once()
    {
        var purpose = await Service.PurposeAsync();
        var (status, problem) = await Service.DoAsync(HttpMethod.Put, "/v1/systems/faulty", Running.Definition(purpose, new
        {
            type = "connector", definition = "acme", url = "https://elsewhere.example.com",
            settings = new { apiKey = "sk_live_12345", colour = "red" }, address = "a@b.example",
            lists = (object[])[new { purpose = "nothing", channel = "telex", list = "x y" }],
        }, 60, "phone:plain", "email:sha256"));

        Assert.Equal(422, status);
        Assert.Equal(
            [
                "/channel/settings/colour setting_unknown", "/channel/settings/apiKey secret_in_clear",
                "/channel/lists/0/purpose purpose_unknown", "/channel/lists/0/channel channel_unknown", "/channel/lists/0/list list_invalid",
                "/contract/identifiers/0 identifier_not_usable", "/contract/identifiers/1 identifier_not_usable",
                "/channel/url endpoint_not_allowed", "/channel/address not_allowed",
            ],
            problem.GetProperty("errors").EnumerateArray().Select(error => $"{error.Text("pointer")} {error.Text("code")}"));
        Assert.DoesNotContain("sk_live_12345", problem.ToString(), StringComparison.Ordinal);

        var (unknown, why) = await Service.DoAsync(HttpMethod.Put, "/v1/systems/faulty",
            Running.Definition(purpose, new { type = "connector", definition = "nobody" }));
        Assert.Equal((422, "definition_unknown"), (unknown, why.GetProperty("errors")[0].Text("code")));
        var (unmapped, lists) = await Service.DoAsync(HttpMethod.Put, "/v1/systems/faulty", Running.Definition(purpose, new
        {
            type = "connector", definition = "acme", settings = new { apiKey = fixture.Secret("other", "x") },
            lists = (object[])[new { purpose = "marketing", channel = "email", list = "1" }],
        }));
        Assert.Equal((422, "scope_not_mapped"), (unmapped, lists.GetProperty("errors")[0].Text("code")));
        var (missing, secrets) = await Service.DoAsync(HttpMethod.Put, "/v1/systems/faulty", Running.Definition(purpose, new
        {
            type = "connector", definition = "acme", settings = new { apiKey = "env:OPTOUT_CONNECTOR_NOT_THERE" },
            lists = (object[])[new { purpose, channel = "any", list = "1" }],
        }));
        Assert.Equal((422, "secret_missing"), (missing, secrets.GetProperty("errors")[0].Text("code")));
        // The service's own keys are no connector's.
        foreach (var reference in (string[])["env:PATH", "file:master.json", "file:../connector_x", "file:connector_../../x"])
        {
            var (foreign, error) = await Service.DoAsync(HttpMethod.Put, "/v1/systems/faulty", Running.Definition(purpose, new
            {
                type = "connector", definition = "acme", settings = new { apiKey = reference },
                lists = (object[])[new { purpose, channel = "any", list = "1" }],
            }));
            Assert.Equal((422, "secret_in_clear"), (foreign, error.GetProperty("errors")[0].Text("code")));
        }
    }

    private async Task<(string Purpose, Downstream System)> RegisterAsync(Receiver vendor, string definition = "acme", string? secret = null)
    {
        var purpose = await Service.PurposeAsync();
        return (purpose, await RegisterForAsync(vendor, purpose, definition, secret));
    }

    private Task<Downstream> RegisterForAsync(Receiver vendor, string purpose, string definition = "acme", string? secret = null) =>
        Service.RegisterOnAsync(purpose, new
        {
            type = "connector", definition, url = $"http://127.0.0.1:{vendor.Url.Port}",
            settings = new { apiKey = secret ?? (definition == "acme" ? fixture.Secret("key", "token-of-acme") : fixture.Secret("oauth", "s:cret")) },
            lists = (object[])[new { purpose, channel = "any", list = "1" }],
        });
}

/// <summary>A service with two definitions of its own, and a directory of secrets. It needs no broker.</summary>
public sealed class ConnectorService(Servers servers) : IAsyncLifetime
{
    private const string Acme =
        """
        name: acme
        title: Acme
        documentation: https://acme.example/docs
        endpoint: { url: https://api.acme.example }
        identifiers: [email]
        secrets: [apiKey]
        lists: { title: a list, pattern: '[0-9]+' }
        authentication: { type: bearer, token: '{{secrets.apiKey}}' }
        rate: { requests: 1000, seconds: 1 }
        stop:
          request: { method: PUT, path: '/lists/{{list}}/people', headers: { X-Delivery: '{{delivery.id}}' }, json: { email: '{{identifier.value}}' } }
          outcomes: [ { status: 2xx, path: $.state, equals: stopped, is: applied } ]
        lift:
          request: { method: DELETE, path: '/lists/{{list}}/people/{{identifier.value}}' }
          outcomes: [ { status: 2xx, is: applied } ]
        readBack:
          afterSeconds: 1
          request: { method: GET, path: '/lists/{{list}}/people/{{identifier.value | sha256}}' }
          outcomes: [ { status: 200, path: $.state, equals: stopped, is: present }, { status: 200, is: absent } ]
        """;

    internal Running Service { get; private set; } = null!;

    public string Secrets { get; } = Servers.NewDirectory();

    public async ValueTask InitializeAsync()
    {
        var definitions = Path.Combine(Secrets, "definitions");
        Directory.CreateDirectory(definitions);
        await File.WriteAllTextAsync(Path.Combine(definitions, "acme.yaml"), Acme);
        var oauth = Acme.Replace("name: acme", "name: acme-oauth", StringComparison.Ordinal)
            .Replace("{ type: bearer, token: '{{secrets.apiKey}}' }",
                "{ type: oauth2, tokenUrl: /oauth/token, clientId: client, clientSecret: '{{secrets.apiKey}}', scope: stops }", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(definitions, "oauth.yaml"), oauth[..oauth.IndexOf("readBack:", StringComparison.Ordinal)]);
        Service = await Running.StartAsync(servers, broker: null, settings:
            [$"--OptOut:ConnectorDirectory={definitions}", $"--OptOut:SecretsDirectory={Secrets}"]);
    }

    /// <summary>Puts a secret where the service looks, and says how it is referred to.</summary>
    public string Secret(string name, string value)
    {
        File.WriteAllText(Path.Combine(Secrets, "connector_" + name), value);
        return "file:connector_" + name;
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Directory.Delete(Secrets, recursive: true);
    }
}
