using System.Text;
using OptOut.Contracts;

namespace OptOut.IntegrationTests.Propagation;

[Collection(PropagationGroup.Name)]
public sealed class WholeWayTests(PropagationService fixture)
{
    private Running Service => fixture.Service;

    [Fact]
    public async Task A_stop_reaches_a_queue_and_a_webhook_and_the_wait_ends_when_both_have_said_so()
    {
        var purpose = await Service.PurposeAsync();
        var url = SdkSystem.FreeUrl();
        var queued = await Service.RegisterAsync(purpose);
        var called = await Service.RegisterAsync(purpose, url);
        await using var consumer = await SdkSystem.FromQueueAsync(queued, Service.Broker!);
        await using var receiver = await SdkSystem.AtAsync(called, url);

        var record = await Service.StopAsync(purpose);
        var started = TimeProvider.System.GetTimestamp();
        var seen = await Service.PropagationAsync(record.Id(), wait: 30);

        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(25), "The wait went on although all was said.");
        Assert.Equal("complete", seen.Text("state"));
        Assert.False(seen.GetProperty("overdue").GetBoolean());
        Assert.Equal(2, seen.GetProperty("systems").GetArrayLength());
        Assert.All(seen.GetProperty("systems").EnumerateArray(), one =>
        {
            Assert.Equal("applied", one.Text("state"));
            Assert.InRange(one.GetProperty("lagMs").GetInt64(), 0, 25_000);
            Assert.Equal("applied", one.GetProperty("acknowledgement").Text("outcome"));
            Assert.StartsWith("ack_", one.GetProperty("acknowledgement").Text("id"), StringComparison.Ordinal);
            Assert.Equal("suppressed", one.GetProperty("acknowledgement").GetProperty("actions")[0].Text("action"));
        });
        Assert.Equal(record.Id(), Assert.Single(consumer.Notices).Data.OptOutId);
        Assert.Equal(record.Id(), Assert.Single(receiver.Notices).Data.OptOutId);
    }

    [Fact]
    public async Task A_wait_ends_after_its_seconds_and_says_how_things_stand()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, objective: 1);
        var record = await Service.StopAsync(purpose);
        await system.TakeAsync();

        var seen = await Service.PropagationAsync(record.Id(), wait: 2);

        Assert.Equal("pending", seen.Text("state"));
        Assert.True(seen.GetProperty("overdue").GetBoolean());
        Assert.Equal("sent", seen.GetProperty("systems")[0].Text("state"));
    }

    [Fact]
    public async Task Each_system_gets_the_identifiers_its_contract_names_in_the_form_it_names_and_no_other()
    {
        var purpose = await Service.PurposeAsync();
        var plain = await Service.RegisterAsync(purpose, identifiers: "email:plain");
        var hashed = await Service.RegisterAsync(purpose, identifiers: ["phone:sha256", "user_id:hmac"]);
        var email = Running.NewEmail();
        var user = $"U-{Guid.CreateVersion7():N}";
        var phone = $"+49151{Random.Shared.Next(10_000_000, 99_999_999)}";
        var (status, _) = await Service.DoAsync(HttpMethod.Post, "/v1/opt-outs", Running.Stop(purpose,
            ("email", email.ToUpperInvariant()), ("phone", phone), ("user_id", user), ("device_id", "device-" + user)));
        Assert.Equal(201, status);

        var (told, body, _) = (await plain.TakeAsync(1))[0];
        var one = Assert.Single(told.Data.Identifiers);
        Assert.Equal(("email", IdentifierForm.Plain, email, null), (one.Type, one.Form, one.Value, one.Kid));
        Assert.DoesNotContain(user, Encoding.UTF8.GetString(body), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(phone[1..], Encoding.UTF8.GetString(body), StringComparison.Ordinal);

        (told, body, _) = (await hashed.TakeAsync(1))[0];
        var key = IdentifierForms.DeriveKey(hashed.Secret);
        Assert.Equal(
            [
                ("phone", IdentifierForm.Sha256, IdentifierForms.Sha256(phone), null),
                ("user_id", IdentifierForm.Hmac, IdentifierForms.Hmac(key, user), IdentifierForms.KeyId(key)),
            ],
            told.Data.Identifiers.Select(i => (i.Type, i.Form, i.Value, i.Kid)).OrderBy(i => i.Type, StringComparer.Ordinal));
        foreach (var hidden in (string[])[email, user, phone[1..]])
            Assert.DoesNotContain(hidden, Encoding.UTF8.GetString(body), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_person_with_none_of_the_types_is_told_to_nobody_until_one_is_linked()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, identifiers: "phone:plain");
        var record = await Service.StopAsync(purpose);

        var seen = await Service.PropagationAsync(record.Id(), wait: 20);
        var delivery = seen.GetProperty("systems")[0];
        Assert.Equal("complete", seen.Text("state"));
        Assert.Equal(("no_match", "no_identifier", 0),
            (delivery.Text("state"), delivery.Text("reason"), delivery.GetProperty("attempts").GetInt32()));
        Assert.Equal(0u, await system.WaitingAsync());

        var phone = $"+49151{Random.Shared.Next(10_000_000, 99_999_999)}";
        await Service.DoAsync(HttpMethod.Post, $"/v1/subjects/{record.Text("subjectId")}/identifiers", new { type = "phone", value = phone });

        var told = await system.TakeAsync();
        Assert.Equal((record.Id(), 2, phone), (told.Data.OptOutId, told.Data.Version, Assert.Single(told.Data.Identifiers).Value));
    }

    [Fact]
    public async Task An_event_is_a_cloud_event_with_the_documented_headers_and_no_other()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose);
        var record = await Service.StopAsync(purpose, null, ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));

        var (told, body, properties) = (await system.TakeAsync(1))[0];

        Assert.Equal(["traceparent", "webhook-id", "webhook-signature", "webhook-timestamp"],
            // The quorum queue itself counts deliveries.
            properties.Headers!.Keys.Where(name => name != "x-delivery-count").Order(StringComparer.Ordinal));
        Assert.Equal(OptOutEvent.ContentType, properties.ContentType);
        Assert.Equal(told.Data.DeliveryId, properties.MessageId);
        Assert.Equal(record.Id(), properties.CorrelationId);
        Assert.Equal(EventTypes.Recorded, properties.Type);
        Assert.True(properties.Persistent);
        Assert.True(properties.IsTimestampPresent());
        Assert.Equal(SignatureVerdict.Ok, StandardWebhooks.Verify(
            new WebhookHeaders(Header("webhook-id"), Header("webhook-timestamp"), Header("webhook-signature")), body,
            [system.Secret], TimeProvider.System.GetUtcNow(), ContractLimits.SignatureTolerance));
        Assert.Equal((told.Data.DeliveryId, "0000000001", record.Text("subjectId")), (told.Id, told.Sequence, told.PartitionKey));
        Assert.Equal(record.Text("recordHash"), told.Data.RecordHash);

        string Header(string name) => Encoding.UTF8.GetString((byte[])properties.Headers![name]!);
    }
}
