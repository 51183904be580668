using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OptOut.Contracts;
using OptOut.IntegrationTests.Channels;
using OptOut.IntegrationTests.Fixtures;
using OptOut.IntegrationTests.Recording;
using Running = OptOut.IntegrationTests.Propagation.Running;

namespace OptOut.IntegrationTests.Audit.Findings;

public sealed class AlertTests(Servers servers)
{
    private static readonly WebhookSecret Secret = WebhookSecret.Generate();

    [Fact]
    public async Task An_alert_is_signed_carries_a_link_and_no_personal_data_and_is_out_within_five_seconds()
    {
        await using var receiver = await Receiver.StartAsync(204);
        await using var service = await StartAsync(receiver.Url);
        await service.RegisterAsync("crm", objective: 1);
        await service.StopEmailAsync("marked.person@example.com");

        var alert = await AlertAsync(receiver, "delivery_overdue", "opened");

        var (headers, body, _) = alert;
        var signed = new WebhookHeaders(headers[WebhookHeaders.IdName], headers[WebhookHeaders.TimestampName], headers[WebhookHeaders.SignatureName]);
        Assert.Equal(SignatureVerdict.Ok,
            StandardWebhooks.Verify(signed, body, [Secret], TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(5)));
        var json = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal("org.optout.finding.opened.v1", json.Text("type"));
        var data = json.GetProperty("data");
        Assert.Equal(("system:crm", "owner-of-crm"), (data.Text("about"), data.Text("owner")));
        Assert.StartsWith("https://stop.example.com/v1/findings/fnd_", data.Text("url"), StringComparison.Ordinal);
        Assert.DoesNotContain("marked", System.Text.Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.InRange(await service.ScalarAsync<double>(
            """
            SELECT extract(epoch FROM a.done_at - (SELECT min(apply_by) FROM optout.open_delivery))::float8
            FROM optout.alert a JOIN optout.finding f USING (finding_id) WHERE f.kind = 'delivery_overdue'
            """), 0, 5);

        await service.CureDeliveriesAsync();
        await AlertAsync(receiver, "delivery_overdue", "closed");
        Assert.Single(Alerts(receiver, "delivery_overdue", "opened"));
    }

    [Fact]
    public async Task An_endpoint_that_is_down_for_a_day_hears_everything_afterwards_under_the_same_ids()
    {
        var up = false;
        await using var receiver = await Receiver.StartAsync(context =>
        {
            context.Response.StatusCode = Volatile.Read(ref up) ? 204 : 503;
            return Task.CompletedTask;
        });
        await using var service = await StartAsync(receiver.Url);
        await service.RegisterAsync("crm", objective: 1);
        await service.RegisterAsync("shop", objective: 1);
        await service.StopEmailAsync(Stops.NewEmail());
        await Running.UntilAsync(() => Task.FromResult(Alerts(receiver, "delivery_overdue", "opened").Count >= 2), "Never tried.");
        var waiting = await service.ScalarAsync<long>("SELECT count(*) FROM optout.alert WHERE done_at IS NULL");
        // A day passes, with every try refused.
        await service.RunAsync("UPDATE optout.alert SET created_at = created_at - interval '1 day', attempts = 290, due_at = now()");
        var before = Ids(receiver);
        Volatile.Write(ref up, true);

        await Running.UntilAsync(async () =>
        {
            await service.RunAsync("UPDATE optout.alert SET due_at = now() WHERE done_at IS NULL");
            return await service.ScalarAsync<long>("SELECT count(*) FROM optout.alert WHERE done_at IS NULL") == 0;
        }, "Something was lost.");
        Assert.True(waiting >= 2);
        Assert.True(before.IsSubsetOf(Ids(receiver)));
        Assert.Equal(await service.ScalarAsync<long>("SELECT count(*) FROM optout.alert WHERE done_at IS NOT NULL"),
            receiver.Requests.GroupBy(r => r.Headers[WebhookHeaders.IdName].ToString()).Count());
    }

    [Fact]
    public async Task A_channel_that_fails_is_itself_told_through_the_others()
    {
        await using var broken = await Receiver.StartAsync(500);
        await using var sound = await Receiver.StartAsync(204);
        await using var service = await StartAsync(broken.Url, sound.Url);
        await service.RegisterAsync("crm", objective: 1);
        await service.StopEmailAsync(Stops.NewEmail());
        await AlertAsync(sound, "delivery_overdue", "opened");
        await service.RunAsync("UPDATE optout.alert SET attempts = 5, due_at = now() WHERE channel = 'webhook-0'");

        var finding = await service.FindingAsync("alert_channel_failing", "alert:webhook-0");

        Assert.Equal("critical", finding.Text("severity"));
        await AlertAsync(sound, "alert_channel_failing", "opened");
        Assert.Empty(Alerts(broken, "alert_channel_failing", "opened"));
    }

    [Fact]
    public async Task What_nobody_takes_is_raised_again_as_critical_and_what_is_taken_or_silenced_is_not()
    {
        await using var receiver = await Receiver.StartAsync(204);
        await using var service = await StartAsync(receiver.Url);
        await service.RegisterAsync("crm", objective: 1);
        await service.StopEmailAsync(Stops.NewEmail());
        var finding = await service.FindingAsync("delivery_overdue", "system:crm");
        const string soon = "UPDATE optout.finding SET escalate_at = now() WHERE kind = 'delivery_overdue'";
        await service.RunAsync(soon);
        await AlertAsync(receiver, "delivery_overdue", "escalated");
        await service.RunAsync(soon);
        await Running.UntilAsync(() => Task.FromResult(Alerts(receiver, "delivery_overdue", "escalated").Count == 2), "Raised once only.");
        Assert.Equal("critical", (await service.GetAsync("/v1/findings/" + finding.Text("id"))).Json.Text("severity"));

        await service.PostAsync($"/v1/findings/{finding.Text("id")}/silence", """{ "seconds": 3600, "reason": "at night" }""", "operator");
        await service.RunAsync(soon);
        await Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken);
        Assert.Equal(2, Alerts(receiver, "delivery_overdue", "escalated").Count);
    }

    [Fact]
    public async Task An_address_that_may_not_be_called_is_refused_with_the_configuration()
    {
        var databases = await servers.CreateDatabaseAsync();

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => RunningService.StartAsync(databases,
            "--OptOut:Alerts:Webhooks:0:Url=http://169.254.169.254/latest", "--OptOut:Alerts:Webhooks:0:Secret=none",
            "--OptOut:Alerts:Email:To=a@example.com\r\nBcc: b@example.com"));

        Assert.Contains("OptOut__Alerts__Webhooks__0__Url", refused.Message, StringComparison.Ordinal);
        Assert.Contains("OptOut__Alerts__Email__To", refused.Message, StringComparison.Ordinal);
    }

    private Task<RunningService> StartAsync(params Uri[] receivers) => RunningService.StartAsync(servers,
    [
        "--OptOut:AllowPrivateTargets=true", "--OptOut:PublicBaseUrl=https://stop.example.com",
        .. receivers.SelectMany((url, index) => (string[])
        [
            $"--OptOut:Alerts:Webhooks:{index}:Url={url}", $"--OptOut:Alerts:Webhooks:{index}:Secret={Secret.Reveal()}",
        ]),
    ]);

    private static HashSet<string> Ids(Receiver receiver) =>
        [.. receiver.Requests.Select(r => r.Headers[WebhookHeaders.IdName].ToString())];

    private static async Task<(IHeaderDictionary Headers, byte[] Body, string Path)> AlertAsync(
        Receiver receiver, string kind, string @event)
    {
        await Running.UntilAsync(() => Task.FromResult(Alerts(receiver, kind, @event).Count > 0), $"{kind} {@event} was not told.");
        return Alerts(receiver, kind, @event)[0];
    }

    private static List<(IHeaderDictionary Headers, byte[] Body, string Path)> Alerts(
        Receiver receiver, string kind, string @event) =>
        [
            .. receiver.Requests.Where(request =>
            {
                var data = JsonSerializer.Deserialize<JsonElement>(request.Body).GetProperty("data");
                return data.Text("kind") == kind && data.Text("event") == @event;
            }),
        ];
}
