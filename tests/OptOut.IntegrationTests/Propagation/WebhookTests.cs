using System.Text.Json;
using OptOut.Contracts;
using OptOut.IntegrationTests.Channels;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Propagation;

[Collection(PropagationGroup.Name)]
public sealed class WebhookTests(PropagationService fixture, Servers servers)
{
    private Running Service => fixture.Service;

    /// <summary>No answer but the signed one is success, none ends the tries, none disables anybody.</summary>
    [Fact]
    public async Task Whatever_a_receiver_answers_it_stays_in_the_schedule_with_each_try_as_evidence()
    {
        var purpose = await Service.PurposeAsync();
        await using var elsewhere = await Receiver.StartAsync(200);
        await using var moved = await Receiver.StartAsync(301, ("Location", elsewhere.Url.ToString()));
        await using var gone = await Receiver.StartAsync(410);
        await using var busy = await Receiver.StartAsync(429, ("Retry-After", "120"));
        await using var broken = await Receiver.StartAsync(500);
        await using var endless = await Receiver.StartAsync(async context =>
        {
            for (var i = 0; i < 160 && !context.RequestAborted.IsCancellationRequested; i++)
                await context.Response.Body.WriteAsync(new byte[64 * 1024]);
        });
        (Receiver At, string State, string Outcome, int? Status, int Delay)[] cases =
        [
            (moved, "retrying", "redirected", 301, 5), (gone, "retrying", "gone", 410, 5),
            (busy, "retrying", "too_many_requests", 429, 120), (broken, "retrying", "bad_status", 500, 5),
            (endless, "sent", "sent", 200, 60),
        ];
        var systems = new List<Downstream>();
        foreach (var one in cases)
            systems.Add(await Service.RegisterAsync(purpose, one.At.Url));

        var record = await Service.StopAsync(purpose);
        for (var i = 0; i < cases.Length; i++)
        {
            var (_, state, outcome, status, delay) = cases[i];
            var delivery = await Service.DeliveryOfAsync(
                record.Id(), systems[i], one => one.GetProperty("attempts").GetInt32() > 0, $"{outcome}: never tried");
            Assert.Equal((outcome, state), (outcome, delivery.Text("state")));
            var tries = (await Service.DeliveryAsync(delivery.Text("deliveryId"))).GetProperty("attemptHistory");
            var first = tries[tries.GetArrayLength() - 1];
            Assert.Equal((outcome, status, 1),
                (first.Text("outcome"), first.GetProperty("statusCode").GetInt32(), first.GetProperty("number").GetInt32()));
            if (tries.GetArrayLength() == 1)
            {
                var waits = delivery.GetProperty("nextAttemptAt").GetDateTimeOffset() - first.GetProperty("endedAt").GetDateTimeOffset();
                Assert.InRange(waits.TotalSeconds, (delay * 0.8) - 2, (delay * 1.2) + 3);
            }
        }

        // The second try comes by itself and waits for minutes after it; the third comes when its time does.
        var failing = await Service.DeliveryOfAsync(
            record.Id(), systems[1], one => one.GetProperty("attempts").GetInt32() == 2, "no second try");
        Assert.InRange((failing.GetProperty("nextAttemptAt").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).TotalMinutes, 3, 6.1);
        await Service.DueAsync(failing.Text("deliveryId"));
        await Service.DeliveryOfAsync(record.Id(), systems[1], one => one.GetProperty("attempts").GetInt32() == 3, "no third try");
        Assert.Single(gone.Requests.Select(request => (string?)request.Headers[WebhookHeaders.IdName]).Distinct());
        Assert.Empty(elsewhere.Requests);
        Assert.All(systems, system => Assert.Equal("active", Service.DoAsync(
            HttpMethod.Get, $"/v1/systems/{system.Name}").Result.Body.Text("state")));
        Assert.Equal("pending", (await Service.PropagationAsync(record.Id())).Text("state"));
    }

    [Fact]
    public async Task A_receiver_that_hangs_holds_back_nobody_else_and_is_tried_again()
    {
        var purpose = await Service.PurposeAsync();
        using var hanging = new RawReceiver(stream => stream.ReadAsync(new byte[1], TestContext.Current.CancellationToken).AsTask());
        await using var quick = await Receiver.StartAsync(202);
        var slow = await Service.RegisterAsync(purpose, hanging.Url);
        var good = await Service.RegisterAsync(purpose, quick.Url);
        var first = await Service.StopAsync(purpose);
        // More than may be in flight for one system.
        for (var i = 0; i < 40; i++)
            await Service.StopAsync(purpose);
        await Running.UntilAsync(() => Task.FromResult(quick.Requests.Count >= 41), "The hanging one held back the other.", TimeSpan.FromSeconds(14));

        var delivery = await Service.StateAsync(first.Id(), slow, "retrying");
        Assert.Equal("timed_out", (await Service.DeliveryAsync(delivery.Text("deliveryId"))).GetProperty("attemptHistory")[0].Text("outcome"));
        await Service.StateAsync(first.Id(), good, "sent");
        // Its backlog is nobody's concern any more.
        await Service.ScalarAsync<object>(
            "UPDATE optout.open_delivery SET due_at = now() + interval '1 day' WHERE system_id = (SELECT system_id FROM optout.system WHERE name = $1)",
            slow.Name);
    }

    [Fact]
    public async Task While_a_secret_is_rotated_events_carry_both_signatures()
    {
        var purpose = await Service.PurposeAsync();
        await using var receiver = await Receiver.StartAsync(202);
        var system = await Service.RegisterAsync(purpose, receiver.Url);
        var (status, rotated) = await Service.DoAsync(
            HttpMethod.Post, $"/v1/systems/{system.Name}/rotate-secret", new { overlapSeconds = 600 });
        Assert.Equal(200, status);
        var next = WebhookSecret.Parse(rotated.Text("secret"));

        var record = await Service.StopAsync(purpose);
        await Service.StateAsync(record.Id(), system, "sent");

        var (headers, body, _) = receiver.Requests.Single();
        var signed = new WebhookHeaders(
            headers[WebhookHeaders.IdName], headers[WebhookHeaders.TimestampName], headers[WebhookHeaders.SignatureName]);
        Assert.Equal(2, signed.Signature!.Split(' ').Length);
        foreach (var secret in (WebhookSecret[])[system.Secret, next])
            Assert.Equal(SignatureVerdict.Ok, StandardWebhooks.Verify(
                signed, body, [secret], TimeProvider.System.GetUtcNow(), ContractLimits.SignatureTolerance));
        // Either secret signs words in return.
        var told = OptOutEvent.TryParse(body)!;
        Assert.Equal(207, (await system.PostAsync([Downstream.Word(told, AcknowledgementOutcome.Received)], system.Secret, null, null, null)).Status);
        Assert.Equal(207, (await system.PostAsync([Downstream.Word(told)], next, null, null, null)).Status);
        await Service.StateAsync(record.Id(), system, "applied");
    }

    /// <summary>One row a system, so that no two answers overwrite each other.</summary>
    [Fact]
    public async Task Many_systems_answering_at_once_each_keep_their_own_state()
    {
        var purpose = await Service.PurposeAsync();
        var systems = new List<Downstream>();
        for (var i = 0; i < 6; i++)
            systems.Add(await Service.RegisterAsync(purpose));
        var record = await Service.StopAsync(purpose);
        var told = new List<OptOutEvent>();
        foreach (var system in systems)
            told.Add(await system.TakeAsync());

        AcknowledgementOutcome[] outcomes = [AcknowledgementOutcome.Applied, AcknowledgementOutcome.NoMatch, AcknowledgementOutcome.Refused];
        await Task.WhenAll(systems.Select((system, i) => i % 2 == 0
            ? system.PostAsync(Downstream.Word(told[i], outcomes[i % 3]))
            : system.AckAsync(Downstream.Word(told[i], outcomes[i % 3]))));

        string[] states = ["applied", "no_match", "refused"];
        for (var i = 0; i < systems.Count; i++)
            await Service.StateAsync(record.Id(), systems[i], states[i % 3]);
        Assert.Equal("failed", (await Service.PropagationAsync(record.Id())).Text("state"));
    }

    [Fact]
    public async Task Loopback_private_and_metadata_addresses_are_refused_at_registration_unless_allowed()
    {
        await using var strict = await Running.StartAsync(servers, broker: null, settings: "--OptOut:AllowPrivateTargets=false");
        foreach (var url in (string[])
            [
                "http://127.0.0.1:8080/hook", "https://localhost/hook", "https://169.254.169.254/latest", "https://10.1.2.3/hook",
                "https://[::1]/hook", "https://192.168.0.9/hook", "https://[fd00::1]/hook", "https://0x7f000001/hook",
            ])
        {
            var (status, body) = await strict.DoAsync(HttpMethod.Put, "/v1/systems/crm", new
            {
                displayName = "CRM", kind = "internal", owner = "somebody", channel = new { type = "webhook", url },
                contract = new
                {
                    purposes = (string[])["marketing"], channels = (string[])["any"],
                    identifiers = (object[])[new { type = "email", form = "plain" }], objectiveSeconds = 60,
                },
            });
            Assert.True(status == 422, $"{url}: {status} {body}");
        }
    }
}
