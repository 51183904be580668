using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using OptOut.Contracts;
using OptOut.IntegrationTests.Channels;
using OptOut.Service.Propagation.Acknowledgements;

namespace OptOut.IntegrationTests.Propagation;

[Collection(PropagationGroup.Name)]
public sealed class AcknowledgementTests(PropagationService fixture)
{
    private Running Service => fixture.Service;

    [Theory]
    [InlineData(AcknowledgementOutcome.Received, "received", "pending")]
    [InlineData(AcknowledgementOutcome.Applied, "applied", "complete")]
    [InlineData(AcknowledgementOutcome.NoMatch, "no_match", "complete")]
    [InlineData(AcknowledgementOutcome.Refused, "refused", "failed")]
    public async Task A_word_counts_the_same_over_the_broker_and_over_http(
        AcknowledgementOutcome outcome, string state, string rollUp)
    {
        foreach (var overHttp in (bool[])[false, true])
        {
            var (record, system, told) = await ToldAsync();
            if (overHttp)
            {
                var (status, body) = await system.PostAsync(Downstream.Word(told, outcome));
                Assert.Equal((207, 201), (status, body.GetProperty("items")[0].GetProperty("status").GetInt32()));
            }
            else
            {
                await system.AckAsync(Downstream.Word(told, outcome));
            }

            var delivery = await Service.StateAsync(record.Id(), system, state);
            Assert.Equal(overHttp ? "http" : "amqp", delivery.GetProperty("acknowledgement").Text("source"));
            Assert.Equal(rollUp, (await Service.PropagationAsync(record.Id())).Text("state"));
            Assert.Equal(state != "received", delivery.GetProperty("lagMs").ValueKind == JsonValueKind.Number);
        }
    }

    [Fact]
    public async Task What_failed_is_sent_again_and_the_same_failure_told_twice_changes_nothing()
    {
        var (record, system, told) = await ToldAsync();
        var failed = Downstream.Word(told, AcknowledgementOutcome.Failed, "the store is away");
        await system.AckAsync(failed, id: "msg_first");
        var delivery = await Service.StateAsync(record.Id(), system, "retrying");
        var due = delivery.Text("nextAttemptAt");
        Assert.InRange((delivery.GetProperty("nextAttemptAt").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).TotalSeconds, 40, 73);

        await system.AckAsync(failed, id: "msg_first");
        await system.UntilRejectedAsync("repeated");
        var after = (await Service.PropagationAsync(record.Id())).GetProperty("systems")[0];
        if (after.GetProperty("attempts").GetInt32() == 1)
            Assert.Equal(due, after.Text("nextAttemptAt"));

        await Service.DueAsync(delivery.Text("deliveryId"));
        var again = await system.TakeAsync();
        Assert.Equal(told.Id, again.Id);
        // The word of the first try, replayed after the second: still a repeat.
        await system.AckAsync(failed, id: "msg_first");
        await system.UntilRejectedAsync("repeated", 2);
        await system.AckAsync(failed, id: "msg_second");
        await Service.StateAsync(record.Id(), system, "retrying");
        await system.AckAsync(Downstream.Word(again));
        delivery = await Service.StateAsync(record.Id(), system, "applied");
        Assert.Equal(2, delivery.GetProperty("attempts").GetInt32());
    }

    /// <summary>Delivered is not applied.</summary>
    [Fact]
    public async Task Only_the_systems_own_signed_word_turns_a_delivery_applied()
    {
        var purpose = await Service.PurposeAsync();
        Downstream? system = null;
        var signed = false;
        Receiver? self = null;
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            var body = Downstream.Word(OptOutEvent.TryParse(self!.Requests.Last().Body)!).ToUtf8Bytes();
            if (signed)
            {
                var headers = system!.Sign(body);
                context.Response.Headers[WebhookHeaders.IdName] = headers.Id;
                context.Response.Headers[WebhookHeaders.TimestampName] = headers.Timestamp;
                context.Response.Headers[WebhookHeaders.SignatureName] = headers.Signature;
            }

            await context.Response.Body.WriteAsync(body);
        });
        self = receiver;
        system = await Service.RegisterAsync(purpose, receiver.Url);

        var unsigned = await Service.StopAsync(purpose);
        var delivery = await Service.DeliveryOfAsync(
            unsigned.Id(), system, one => one.GetProperty("attempts").GetInt32() == 1, "never tried");
        Assert.Equal(("sent", JsonValueKind.Null), (delivery.Text("state"), delivery.GetProperty("acknowledgement").ValueKind));

        signed = true;
        var record = await Service.StopAsync(purpose);
        delivery = await Service.StateAsync(record.Id(), system, "applied");
        Assert.Equal("webhook_response", delivery.GetProperty("acknowledgement").Text("source"));
        await Running.UntilAsync(async () => (await Service.DeliveryAsync(delivery.Text("deliveryId")))
            .GetProperty("attemptHistory") is { } tries && tries.GetArrayLength() == 1
            && tries[0].Text("outcome") == "acknowledged", "The try left no evidence.");
    }

    [Fact]
    public async Task A_webhooks_word_about_another_delivery_does_not_count_for_the_one_it_was_sent()
    {
        var purpose = await Service.PurposeAsync();
        Downstream? system = null;
        OptOutEvent? first = null;
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            if (first is null)
            {
                context.Response.StatusCode = 202;
                return;
            }

            var body = Downstream.Word(first).ToUtf8Bytes();
            var headers = system!.Sign(body);
            context.Response.Headers[WebhookHeaders.IdName] = headers.Id;
            context.Response.Headers[WebhookHeaders.TimestampName] = headers.Timestamp;
            context.Response.Headers[WebhookHeaders.SignatureName] = headers.Signature;
            await context.Response.Body.WriteAsync(body);
        });
        system = await Service.RegisterAsync(purpose, receiver.Url);
        var one = await Service.StopAsync(purpose);
        await Service.StateAsync(one.Id(), system, "sent");
        first = OptOutEvent.TryParse(receiver.Requests.Single().Body);

        var other = await Service.StopAsync(purpose);
        await Service.StateAsync(one.Id(), system, "applied");
        var delivery = await Service.StateAsync(other.Id(), system, "sent");

        Assert.Equal(1, delivery.GetProperty("attempts").GetInt32());
        Assert.True(delivery.GetProperty("nextAttemptAt").GetDateTimeOffset() > TimeProvider.System.GetUtcNow().AddSeconds(20));
    }

    [Fact]
    public async Task A_forged_signature_changes_nothing_and_is_recorded()
    {
        var (record, system, told) = await ToldAsync();
        var thief = WebhookSecret.Generate();

        await system.AckAsync(Downstream.Word(told), thief);
        await system.UntilRejectedAsync("signature_invalid");
        var (status, body) = await system.PostAsync([Downstream.Word(told)], thief, null, null, null);

        Assert.Equal((401, "signature_invalid"), (status, body.Text("code")));
        Assert.Equal(2, await system.RejectedAsync("signature_invalid"));
        await NothingChangedAsync(record, system);
    }

    /// <summary>T01: a stolen key of one system, with its secret, says something about another's delivery.</summary>
    [Fact]
    public async Task A_system_cannot_speak_for_another()
    {
        var (record, system, told) = await ToldAsync();
        var thief = await Service.RegisterAsync(await Service.PurposeAsync());

        var (_, body) = await thief.PostAsync(Downstream.Word(told));
        Assert.Equal(403, body.GetProperty("items")[0].GetProperty("status").GetInt32());
        await thief.AckAsync(Downstream.Word(told));
        await thief.UntilRejectedAsync("foreign_delivery", 2);

        // Its key with the victim's secret, and the other way round.
        Assert.Equal(401, (await thief.PostAsync([Downstream.Word(told)], system.Secret, null, null, null)).Status);
        Assert.Equal(401, (await system.PostAsync([Downstream.Word(told)], thief.Secret, null, null, null)).Status);
        Assert.Equal(403, (await thief.PostAsync([Downstream.Word(told)], null, null, null,
            (await Service.DoAsync(HttpMethod.Post, "/v1/keys", new { name = "r", roles = (string[])["recorder"] })).Body.Text("key"))).Status);
        await NothingChangedAsync(record, system);
    }

    [Fact]
    public async Task A_word_about_another_record_or_version_changes_nothing()
    {
        var (record, system, told) = await ToldAsync();
        var (otherRecord, _) = (await Service.StopAsync(await Service.PurposeAsync()), 0);
        var word = Downstream.Word(told);

        foreach (var wrong in (Acknowledgement[])
            [
                word with { RecordHash = otherRecord.Text("recordHash") },
                // A word of this version, replayed for the next.
                word with { Version = 2 },
                word with { OptOutId = otherRecord.Id() },
            ])
        {
            Assert.Equal(422, (await system.PostAsync(wrong)).Body.GetProperty("items")[0].GetProperty("status").GetInt32());
            await system.AckAsync(wrong);
        }

        await system.UntilRejectedAsync("record_mismatch", 6);
        await NothingChangedAsync(record, system);
    }

    [Fact]
    public async Task A_word_repeated_ten_times_is_taken_once()
    {
        var (record, system, told) = await ToldAsync();

        await system.AckRawAsync(Downstream.Word(told).ToUtf8Bytes(), times: 10);
        await system.UntilRejectedAsync("repeated", 9);
        var (status, body) = await system.PostAsync(Downstream.Word(told), Downstream.Word(told));
        await system.PostAsync(Downstream.Word(told, AcknowledgementOutcome.Refused));

        Assert.Equal((207, 200, 200), (status, body.GetProperty("items")[0].GetProperty("status").GetInt32(),
            body.GetProperty("items")[1].GetProperty("status").GetInt32()));
        await Service.StateAsync(record.Id(), system, "applied");
        Assert.Equal(1, await WordsAsync(told));
        Assert.Equal(11, await system.RejectedAsync("repeated"));
        Assert.Equal(1, await system.RejectedAsync("already_closed"));
    }

    [Fact]
    public async Task Poison_holds_back_nobody_and_none_of_it_comes_again()
    {
        var (record, system, told) = await ToldAsync();
        var good = Encoding.UTF8.GetString(Downstream.Word(told, AcknowledgementOutcome.Received).ToUtf8Bytes());
        string[] unreadable =
        [
            "", "no json", "{}", "[]", "{\"deliveryId\":", good.Replace("received", "perhaps", StringComparison.Ordinal),
            good.Insert(1, "\"admin\":true,"), good.Insert(1, "\"version\":1,"), good.Replace(":1,", ":99999999999,", StringComparison.Ordinal),
            new string('[', 10_000), "\"" + new string('x', 70_000) + "\"",
        ];
        foreach (var bytes in unreadable)
            await system.AckRawAsync(Encoding.UTF8.GetBytes(bytes));
        await system.AckRawAsync([0xff, 0xfe, 0x00]);
        // Readable, and signed, but nothing that a database or a log should hold as it stands.
        await system.AckRawAsync(Encoding.UTF8.GetBytes(good), id: "msg_\0");
        await system.AckRawAsync(Encoding.UTF8.GetBytes(good.Replace("\"actions\":[]",
            "\"actions\":[{\"asset\":\"a\\u0000b\",\"action\":\"none\",\"count\":1,\"method\":\"ada@example.com\"}]", StringComparison.Ordinal)
            .Replace("received", "failed", StringComparison.Ordinal)), id: "ada@example.com");
        await system.AckRawAsync(Encoding.UTF8.GetBytes(good.Replace("received", "failed", StringComparison.Ordinal)
            .Replace("\"reason\":null", "\"reason\":\"\\u0000 +49 151 1234567\"", StringComparison.Ordinal)));
        await system.AckAsync(Downstream.Word(told) with { AppliedAt = DateTimeOffset.MaxValue });

        await Service.StateAsync(record.Id(), system, "applied");
        await system.UntilRejectedAsync("unreadable", unreadable.Length + 1);
        Assert.Equal(0, await Service.ScalarAsync<long>(
            """
            SELECT count(*) FROM optout.acknowledgement a WHERE a.delivery_id = $1
                AND (a::text LIKE '%ada@%' OR a::text LIKE '%1234567%' OR a::text LIKE '%a\u0000b%')
            """, Guid.Parse(told.Data.DeliveryId[4..])));
        Assert.Equal(4, await WordsAsync(told));
    }

    [Theory]
    [InlineData("\"received\"", "\"received, applied\"")]
    [InlineData("\"received\"", "\"applied, no_match\"")]
    [InlineData("\"received\"", "\"APPLIED\"")]
    [InlineData("\"received\"", "\" applied\"")]
    [InlineData("\"received\"", "\"NoMatch\"")]
    [InlineData("\"received\"", "\"1\"")]
    [InlineData("\"received\"", "1")]
    [InlineData("\"actions\":[]", "\"actions\":[{\"asset\":\"a\",\"action\":\"suppressed, deleted\",\"count\":1}]")]
    public async Task A_word_that_is_not_exactly_one_of_ours_changes_nothing_over_http(string good, string bad)
    {
        var (record, system, told) = await ToldAsync();
        var word = Encoding.UTF8.GetString(Downstream.Word(told, AcknowledgementOutcome.Received).ToUtf8Bytes());
        Assert.Contains(good, word, StringComparison.Ordinal);

        var (status, body) = await system.PostRawAsync(word.Replace(good, bad, StringComparison.Ordinal));

        Assert.Equal(207, status);
        Assert.InRange(body.GetProperty("items")[0].GetProperty("status").GetInt32(), 400, 422);
        await NothingChangedAsync(record, system);
    }

    /// <summary>T02: only what was sent can be acknowledged.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_delivery_that_was_never_sent_cannot_be_acknowledged(bool isPull)
    {
        var purpose = await Service.PurposeAsync();
        var system = isPull
            ? await Service.RegisterOnAsync(purpose, new { type = "pull" })
            : await Service.RegisterAsync(purpose);
        if (!isPull)
        {
            var (_, view) = await Service.DoAsync(HttpMethod.Get, $"/v1/systems/{system.Name}");
            await Service.DoAsync(HttpMethod.Post, $"/v1/systems/{system.Name}/pause", new { reason = "a test" }, null,
                ("If-Match", $"\"{view.GetProperty("version").GetInt32()}\""));
        }

        var record = await Service.StopAsync(purpose);
        var delivery = await Service.StateAsync(record.Id(), system, "pending");
        var (_, body) = await system.PostAsync(new Acknowledgement
        {
            DeliveryId = delivery.Text("deliveryId"), OptOutId = record.Id(), Version = 1,
            RecordHash = record.Text("recordHash"), Outcome = AcknowledgementOutcome.Applied,
        });

        Assert.Equal(422, body.GetProperty("items")[0].GetProperty("status").GetInt32());
        Assert.Equal(1, await system.RejectedAsync("not_sent"));
        await Service.StateAsync(record.Id(), system, "pending");
    }

    [Fact]
    public async Task A_failure_told_before_our_own_sent_is_stored_is_not_lost()
    {
        var (record, system, told) = await RacedAsync(AcknowledgementOutcome.Failed, "retrying");

        var delivery = await Service.DeliveryOfAsync(
            record.Id(), system, one => one.GetProperty("attempts").GetInt32() == 1, "The try was not stored.");
        Assert.Equal("retrying", delivery.Text("state"));
        await Service.DueAsync(delivery.Text("deliveryId"));
        Assert.Equal(told.Id, (await system.TakeAsync()).Id);
    }

    [Fact]
    public async Task A_word_before_our_own_sent_is_stored_stands()
    {
        var (record, system, _) = await RacedAsync(AcknowledgementOutcome.Applied, "applied");

        var delivery = await Service.DeliveryOfAsync(
            record.Id(), system, one => one.GetProperty("attempts").GetInt32() == 1, "The try was not stored.");
        Assert.Equal("applied", delivery.Text("state"));
        Assert.Equal(JsonValueKind.Null, delivery.GetProperty("nextAttemptAt").ValueKind);
    }

    [Fact]
    public async Task An_old_signature_is_refused_over_http_and_taken_over_the_broker()
    {
        var (record, system, told) = await ToldAsync();
        var old = TimeProvider.System.GetUtcNow().AddMinutes(-6);

        foreach (var at in (DateTimeOffset[])[old, TimeProvider.System.GetUtcNow().AddMinutes(6)])
            Assert.Equal(401, (await system.PostAsync([Downstream.Word(told)], null, at, null, null)).Status);
        Assert.Equal(2, await system.RejectedAsync("signature_too_old"));
        await NothingChangedAsync(record, system);

        await system.AckAsync(Downstream.Word(told), at: old.AddDays(-3));
        await Service.StateAsync(record.Id(), system, "applied");
    }

    private async Task<(JsonElement Record, Downstream System, OptOutEvent Told)> ToldAsync()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose);
        var record = await Service.StopAsync(purpose);
        var told = await system.TakeAsync();
        await Service.StateAsync(record.Id(), system, "sent");
        return (record, system, told);
    }

    /// <summary>The system answers while the dispatcher is kept from storing its try.</summary>
    private async Task<(JsonElement Record, Downstream System, OptOutEvent Told)> RacedAsync(
        AcknowledgementOutcome outcome, string state)
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose);
        await using var connection = await Service.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var hold = new NpgsqlCommand("LOCK TABLE optout.attempt IN SHARE MODE", connection, transaction))
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var record = await Service.StopAsync(purpose);
        var told = await system.TakeAsync();
        await system.AckAsync(Downstream.Word(told, outcome));
        var delivery = await Service.StateAsync(record.Id(), system, state);
        Assert.Equal(0, delivery.GetProperty("attempts").GetInt32());
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        return (record, system, told);
    }

    private async Task NothingChangedAsync(JsonElement record, Downstream system)
    {
        var delivery = (await Service.PropagationAsync(record.Id())).GetProperty("systems").EnumerateArray()
            .Single(one => one.Text("system") == system.Name);
        Assert.Equal(("sent", JsonValueKind.Null), (delivery.Text("state"), delivery.GetProperty("acknowledgement").ValueKind));
        Assert.Equal("0", (await Service.ScalarAsync<long>("SELECT count(*) FROM optout.acknowledgement WHERE delivery_id = $1",
            Guid.Parse(delivery.Text("deliveryId")[4..]))).ToString(CultureInfo.InvariantCulture));
    }

    private Task<long> WordsAsync(OptOutEvent told) => Service.ScalarAsync<long>(
        "SELECT count(*) FROM optout.acknowledgement WHERE delivery_id = $1", Guid.Parse(told.Data.DeliveryId[4..]));
}
