using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OptOut.Contracts;

namespace OptOut.IntegrationTests.Propagation;

/// <summary>A vendor's own stops: they flow to all others and never in a circle.</summary>
[Collection(PropagationGroup.Name)]
public sealed class InboundTests(PropagationService fixture)
{
    private Running Service => fixture.Service;

    [Fact]
    public async Task A_vendors_stop_reaches_every_other_system_and_is_not_told_to_the_vendor()
    {
        var purpose = await Service.PurposeAsync();
        var vendor = await Service.RegisterOnAsync(purpose, new { type = "pull" });
        var other = await Service.RegisterAsync(purpose);
        var email = Running.NewEmail();

        var (status, answer) = await SendAsync(vendor, Body(purpose, email));

        Assert.Equal(207, status);
        var item = answer.GetProperty("items")[0];
        Assert.Equal((201, 1), (item.GetProperty("status").GetInt32(), item.GetProperty("version").GetInt32()));
        var optOut = item.Text("id");
        Assert.Equal(email, (await other.TakeAsync()).Data.Identifiers[0].Value);
        var own = await Service.StateAsync(optOut, vendor, "applied");
        Assert.Equal(("inbound", "system_origin", 0),
            (own.GetProperty("acknowledgement").Text("source"), own.Text("reason"), own.GetProperty("attempts").GetInt32()));
        Assert.Empty(await EventsAsync(vendor));
        var (_, record) = await Service.DoAsync(HttpMethod.Get, $"/v1/opt-outs/{optOut}");
        Assert.Equal(("vendor", vendor.Name), (record.GetProperty("origin").Text("method"), record.GetProperty("origin").Text("system")));
        // The word has its leaf, like any other.
        Assert.Equal(1, await Service.ScalarAsync<long>(
            "SELECT count(*) FROM optout.acknowledgement a JOIN ledger.leaf l ON l.entry_id = a.ledger_entry_id WHERE a.delivery_id = $1",
            Guid.Parse(own.Text("deliveryId")[4..])));

        // What the other system would feed back is a repeat: no version, no event, no circle.
        var (_, again) = await SendAsync(other, Body(purpose, email));
        Assert.Equal((200, 1), (again.GetProperty("items")[0].GetProperty("status").GetInt32(), again.GetProperty("items")[0].GetProperty("version").GetInt32()));
        Assert.Empty(await EventsAsync(vendor));
    }

    [Fact]
    public async Task A_person_whom_the_vendor_knows_in_part_is_told_to_it_in_full()
    {
        var purpose = await Service.PurposeAsync();
        var vendor = await Service.RegisterOnAsync(purpose, new { type = "pull" });
        var (one, two) = (Running.NewEmail(), Running.NewEmail());
        // Both addresses are one person's, by a stop of something else.
        var elsewhere = await Service.PurposeAsync();
        await Service.DoAsync(HttpMethod.Post, "/v1/opt-outs", Running.Stop(elsewhere, ("email", one), ("email", two)));

        await SendAsync(vendor, Body(purpose, one));

        var told = Assert.Single(await EventsAsync(vendor));
        Assert.Equal(new[] { one, two }.Order(), told.Data.Identifiers.Select(i => i.Value).Order());
    }

    [Fact]
    public async Task The_same_message_ten_times_is_taken_once_and_its_id_serves_one_body()
    {
        var purpose = await Service.PurposeAsync();
        var vendor = await Service.RegisterOnAsync(purpose, new { type = "pull" });
        var (email, id) = (Running.NewEmail(), $"msg_{Guid.CreateVersion7():N}");
        var answers = new List<string>();
        for (var i = 0; i < 10; i++)
            answers.Add((await SendAsync(vendor, Body(purpose, email), id: id)).Body.ToString());

        Assert.Single(answers.Distinct());
        var (status, problem) = await SendAsync(vendor, Body(purpose, Running.NewEmail()), id: id);
        Assert.Equal((422, "idempotency_key_reused"), (status, problem.Text("code")));
        Assert.Equal(1, await Service.ScalarAsync<long>("SELECT count(*) FROM optout.opt_out_version WHERE purpose = $1", purpose));
    }

    [Fact]
    public async Task A_forged_an_old_and_a_foreign_message_record_nothing()
    {
        var purpose = await Service.PurposeAsync();
        var vendor = await Service.RegisterOnAsync(purpose, new { type = "pull" });
        var other = await Service.RegisterOnAsync(purpose, new { type = "pull" });
        var now = TimeProvider.System.GetUtcNow();

        foreach (var (secret, at) in new[]
            {
                (WebhookSecret.Generate(), now), (other.Secret, now), (vendor.Secret, now.AddMinutes(-6)), (vendor.Secret, now.AddMinutes(6)),
            })
        {
            var (status, problem) = await SendAsync(vendor, Body(purpose, Running.NewEmail()), secret, at);
            Assert.Equal((401, "signature_invalid"), (status, problem.Text("code")));
        }

        var (unsigned, _) = await Service.DoAsync(HttpMethod.Post, $"/v1/systems/{vendor.Name}/inbound", new { items = Array.Empty<object>() });
        var (unknown, _) = await Service.DoAsync(HttpMethod.Post, "/v1/systems/nobody/inbound", new { items = Array.Empty<object>() });
        Assert.Equal((401, 401), (unsigned, unknown));
        Assert.Equal(0, await Service.ScalarAsync<long>("SELECT count(*) FROM optout.opt_out_version WHERE purpose = $1", purpose));
        Assert.Equal(5, await Service.ScalarAsync<long>(
            """
            SELECT count(*) FROM optout.rejected_acknowledgement r JOIN optout.system y USING (system_id)
            WHERE y.name = $1 AND r.source = 'inbound'
            """, vendor.Name));
    }

    [Fact]
    public async Task A_vendor_stops_only_what_its_contract_names_and_lifts_nothing()
    {
        var purpose = await Service.PurposeAsync();
        var vendor = await Service.RegisterOnAsync(purpose, new { type = "pull" });
        var email = Running.NewEmail();

        var (_, foreign) = await SendAsync(vendor, Body("marketing", email));
        var (_, broader) = await SendAsync(vendor, Body("all", email));
        var (_, byId) = await SendAsync(vendor,
            $$"""{"items":[{"subject":{"id":"sub_{{Guid.CreateVersion7():N}}"},"scope":{"purpose":"{{purpose}}" } } ] }""");
        var (_, lift) = await SendAsync(vendor,
            $$"""{"items":[{"subject":{"identifiers":[ {"type":"email","value":"{{email}}" } ] },"scope":{"purpose":"{{purpose}}" },"state":"opted_in"}]}""");

        Assert.All([foreign, broader, byId, lift], answer => Assert.InRange(answer.GetProperty("items")[0].GetProperty("status").GetInt32(), 400, 499));
        Assert.Equal(0, await Service.ScalarAsync<long>("SELECT count(*) FROM optout.opt_out_version WHERE purpose = $1", purpose));
    }

    [Fact]
    public async Task A_stop_recorded_with_method_vendor_is_told_to_every_system_since_nobody_has_signed_for_it()
    {
        var purpose = await Service.PurposeAsync();
        var vendor = await Service.RegisterOnAsync(purpose, new { type = "pull" });
        var (status, record) = await Service.DoAsync(HttpMethod.Post, "/v1/opt-outs", new
        {
            subject = new { identifiers = (object[])[new { type = "email", value = Running.NewEmail() }] },
            scope = new { purpose, channel = "any" },
            origin = new { system = vendor.Name, method = "vendor" },
        });
        Assert.Equal(201, status);

        var told = Assert.Single(await EventsAsync(vendor));
        await vendor.PostAsync(Downstream.Word(told));
        Assert.Equal("complete", (await Service.PropagationAsync(record.Id())).Text("state"));
    }

    private static string Body(string purpose, string email) =>
        $$"""{"items":[{"subject":{"identifiers":[ {"type":"email","value":"{{email}}" } ] },"scope":{"purpose":"{{purpose}}","channel":"any"},"reason":{"code":"unsubscribed"} } ] }""";

    private async Task<(int Status, JsonElement Body)> SendAsync(
        Downstream system, string body, WebhookSecret? secret = null, DateTimeOffset? at = null, string? id = null)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var signed = system.Sign(bytes, secret, at, id);
        using var client = new HttpClient { BaseAddress = Service.Http.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/systems/{system.Name}/inbound") { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation(WebhookHeaders.IdName, signed.Id);
        request.Headers.TryAddWithoutValidation(WebhookHeaders.TimestampName, signed.Timestamp);
        request.Headers.TryAddWithoutValidation(WebhookHeaders.SignatureName, signed.Signature);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, JsonSerializer.Deserialize<JsonElement>(
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }

    private async Task<List<OptOutEvent>> EventsAsync(Downstream system)
    {
        using var own = Service.As(system.ApiKey);
        var (status, body) = await Service.DoAsync(HttpMethod.Get, $"/v1/systems/{system.Name}/events", client: own);
        Assert.True(status == 200, $"{status} {body}");
        return [.. body.GetProperty("data").EnumerateArray().Select(one => OptOutEvent.TryParse(Encoding.UTF8.GetBytes(one.GetRawText()))!)];
    }
}
