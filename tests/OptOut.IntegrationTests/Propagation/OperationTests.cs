using System.Text.Json;
using OptOut.Contracts;
using OptOut.IntegrationTests.Channels;

namespace OptOut.IntegrationTests.Propagation;

/// <summary>What operators do to a system that has deliveries open.</summary>
[Collection(PropagationGroup.Name)]
public sealed class OperationTests(PropagationService fixture)
{
    private Running Service => fixture.Service;

    [Fact]
    public async Task Retiring_a_system_closes_what_it_owes_as_never_applied_and_tells_it_nothing_more()
    {
        await using var receiver = await Receiver.StartAsync(500);
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, receiver.Url);
        var silent = await Service.RegisterAsync(purpose);
        var record = await Service.StopAsync(purpose);
        var applied = await Service.StopAsync(purpose);
        var told = await silent.TakeAsync(2);
        await silent.PostAsync(Downstream.Word(told.Single(t => t.Told.Data.OptOutId == applied.Id()).Told));
        await Service.StateAsync(record.Id(), silent, "sent");
        await Service.DeliveryOfAsync(record.Id(), system, one => one.GetProperty("attempts").GetInt32() > 0, "never tried");

        await RetireAsync(system);
        await RetireAsync(silent);

        foreach (var one in (Downstream[])[system, silent])
        {
            var closed = await Service.StateAsync(record.Id(), one, "refused");
            Assert.Equal(("system_retired", JsonValueKind.Null), (closed.Text("reason"), closed.GetProperty("nextAttemptAt").ValueKind));
            Assert.NotEqual(JsonValueKind.Null, closed.GetProperty("closedAt").ValueKind);
            Assert.Equal(0, await OpenAsync(one));
        }

        await Service.StateAsync(applied.Id(), silent, "applied");
        Assert.Equal("failed", (await Service.PropagationAsync(record.Id())).Text("state"));
        var calls = receiver.Requests.Count;
        await Service.StopAsync(purpose);
        // A commit that still held the older registry left one more: it is closed, and never sent.
        var late = await Service.ScalarAsync<Guid>(
            """
            WITH d AS (UPDATE optout.delivery SET state = 'pending', closed_at = NULL, reason_code = NULL
                WHERE opt_out_id = $1 AND system_id = (SELECT system_id FROM optout.system WHERE name = $2) RETURNING *)
            INSERT INTO optout.open_delivery (delivery_id, system_id, opt_out_id, version, part, due_at, apply_by)
            SELECT delivery_id, system_id, opt_out_id, version, 0, now(), apply_by FROM d RETURNING delivery_id
            """, Guid.Parse(record.Id()[3..]), system.Name);
        Assert.NotEqual(Guid.Empty, late);
        await Running.UntilAsync(async () => await OpenAsync(system) == 0, "The late one stays open.", TimeSpan.FromSeconds(15));
        Assert.Equal(calls, receiver.Requests.Count);
        Assert.Equal(2, await LeavesAsync("system_retired", system));
        Assert.Equal(1, await LeavesAsync("system_retired", silent));
    }

    [Fact]
    public async Task A_resend_during_a_call_is_not_overwritten_by_the_calls_outcome()
    {
        var held = new TaskCompletionSource();
        var calls = 0;
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref calls) == 1)
                await held.Task;
            context.Response.StatusCode = calls == 1 ? 500 : 202;
        });
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, receiver.Url);
        var record = await Service.StopAsync(purpose);
        await Running.UntilAsync(() => Task.FromResult(receiver.Requests.Count == 1), "no call");
        var delivery = (await Service.PropagationAsync(record.Id())).GetProperty("systems")[0].Text("deliveryId");
        var (status, _) = await Service.DoAsync(HttpMethod.Post, $"/v1/deliveries/{delivery}/resend");
        Assert.Equal(202, status);
        held.SetResult();

        // The schedule, were the outcome to decide, would take four seconds at least.
        await Running.UntilAsync(() => Task.FromResult(receiver.Requests.Count == 2), "The question was lost.", TimeSpan.FromSeconds(3));
        var again = await Service.StateAsync(record.Id(), system, "sent");
        Assert.Equal(2, again.GetProperty("attempts").GetInt32());
    }

    [Theory]
    [InlineData("system=a&system=b")]
    [InlineData("system=")]
    [InlineData("state=applied&state=parked")]
    [InlineData("overdue=true&overdue=false")]
    [InlineData("optOut=")]
    [InlineData("since=")]
    [InlineData("since=11/21/2026")]
    [InlineData("since=2026-11-21")]
    public async Task A_filter_of_deliveries_that_cannot_be_read_is_refused_and_never_passed_over(string query)
    {
        var (status, problem) = await Service.DoAsync(HttpMethod.Get, "/v1/deliveries?" + query);
        Assert.Equal((400, "invalid_parameter"), (status, problem.Text("code")));
    }

    [Fact]
    public async Task A_page_of_deliveries_since_a_moment_opens_under_that_very_moment_alone()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, objective: 3600);
        var before = await Service.StopAsync(purpose);
        var first = await Service.StopAsync(purpose);
        await Service.StopAsync(purpose);
        var since = first.Text("recordedAt");
        var query = $"/v1/deliveries?system={system.Name}&limit=1&since=";

        var (_, page) = await Service.DoAsync(HttpMethod.Get, query + since);
        Assert.Equal(first.Id(), page.GetProperty("data")[0].Text("optOutId"));
        Assert.NotEqual(before.Id(), first.Id());
        var cursor = "&cursor=" + Uri.EscapeDataString(page.Text("nextCursor"));
        var other = since[..^4] + (since[^4..^1] == "123" ? "124" : "123") + "Z";
        Assert.Equal(200, (await Service.DoAsync(HttpMethod.Get, query + since + cursor)).Status);
        Assert.Equal(400, (await Service.DoAsync(HttpMethod.Get, query + other + cursor)).Status);
    }

    [Fact]
    public async Task Who_asked_for_a_resend_stands_in_the_trail_and_under_a_leaf_of_its_own()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, objective: 3600);
        var record = await Service.StopAsync(purpose);
        var delivery = (await Service.StateAsync(record.Id(), system, "sent")).Text("deliveryId");

        var (status, _) = await Service.DoAsync(HttpMethod.Post, $"/v1/deliveries/{delivery}/resend");

        Assert.Equal(202, status);
        var (_, trail) = await Service.DoAsync(HttpMethod.Get, $"/v1/opt-outs/{record.Id()}/trail");
        var asked = trail.GetProperty("data").EnumerateArray().Single(item => item.Text("kind") == "resend_asked");
        Assert.Equal((delivery, system.Name), (asked.Text("deliveryId"), asked.Text("system")));
        Assert.StartsWith("key:", asked.Text("outcome"), StringComparison.Ordinal);
        Assert.Equal(1, await LeavesAsync("resent", system));
    }

    [Fact]
    public async Task A_replay_sends_what_is_open_since_then_once_more_and_nothing_else()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, objective: 3600);
        var before = await Service.StopAsync(purpose);
        var since = before.GetProperty("recordedAt").GetDateTimeOffset().AddMilliseconds(1);
        await Running.UntilAsync(() => Task.FromResult(TimeProvider.System.GetUtcNow() > since.AddMilliseconds(5)), "time");
        var open = await Service.StopAsync(purpose);
        var applied = await Service.StopAsync(purpose);
        var told = await system.TakeAsync(3);
        await system.PostAsync(Downstream.Word(told.Single(t => t.Told.Data.OptOutId == applied.Id()).Told));
        await Service.StateAsync(before.Id(), system, "sent");
        await Service.StateAsync(open.Id(), system, "sent");

        var (status, replay) = await Service.DoAsync(HttpMethod.Post, $"/v1/systems/{system.Name}/replay", new { since });

        Assert.Equal(202, status);
        Assert.StartsWith("rpl_", replay.Text("replayId"), StringComparison.Ordinal);
        Assert.Equal(open.Id(), (await system.TakeAsync()).Data.OptOutId);
        await Running.UntilAsync(async () => await Service.ScalarAsync<long>(
            "SELECT done FROM optout.redrive WHERE redrive_id = $1 AND finished_at IS NOT NULL",
            Guid.Parse(replay.Text("replayId")[4..])) == 1, "It does not end, or sends another number.");
        Assert.Equal(0u, await system.WaitingAsync());
        Assert.Equal(1, await LeavesAsync("system_replayed", system));
        Assert.Equal(422, (await Service.DoAsync(HttpMethod.Post, $"/v1/systems/{system.Name}/replay",
            new { since = TimeProvider.System.GetUtcNow().AddHours(1) })).Status);
    }

    [Fact]
    public async Task What_a_broker_system_failed_at_comes_again_by_the_brokers_schedule()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose);
        var record = await Service.StopAsync(purpose);
        var told = await system.TakeAsync();
        await Service.StateAsync(record.Id(), system, "sent");
        await system.PostAsync(Downstream.Word(told, AcknowledgementOutcome.Failed));

        var waits = await Service.StateAsync(record.Id(), system, "retrying");
        Assert.InRange((waits.GetProperty("nextAttemptAt").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).TotalSeconds, 40, 73);
        await Service.DueAsync(waits.Text("deliveryId"));
        Assert.Equal(told.Id, (await system.TakeAsync()).Id);
    }

    [Fact]
    public async Task A_systems_address_is_changed_only_by_a_second_person()
    {
        await using var old = await Receiver.StartAsync(500);
        await using var next = await Receiver.StartAsync(202);
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, old.Url);
        var record = await Service.StopAsync(purpose);
        await Service.DeliveryOfAsync(record.Id(), system, one => one.GetProperty("attempts").GetInt32() > 1, "never tried twice");
        var (status, asked) = await Service.DoAsync(HttpMethod.Put, $"/v1/systems/{system.Name}", new
        {
            displayName = "A system", kind = "internal", owner = "somebody", channel = new { type = "webhook", url = next.Url },
            contract = new
            {
                purposes = (string[])[purpose], channels = (string[])["any"],
                identifiers = (object[])[new { type = "email", form = "plain" }], objectiveSeconds = 60,
            },
        }, null, ("If-Match", "\"1\""));
        Assert.Equal((202, "system.change"), (status, asked.Text("act")));
        await Service.StopAsync(purpose);
        Assert.Empty(next.Requests);

        await ApproveAsync(asked);
        // What waited for the old address goes to the new one now.
        await Service.StateAsync(record.Id(), system, "sent");
    }

    [Fact]
    public async Task A_contract_that_names_a_further_type_hears_again_of_those_who_have_one_and_of_nobody_else()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose);
        var other = await Service.RegisterAsync(purpose);
        var phone = $"+4915{Random.Shared.NextInt64(100_000_000, 999_999_999)}";
        var (_, both) = await Service.DoAsync(HttpMethod.Post, "/v1/opt-outs",
            Running.Stop(purpose, ("email", Running.NewEmail()), ("phone", phone)));
        var mail = await Service.StopAsync(purpose);
        foreach (var one in await system.TakeAsync(2))
            await system.PostAsync(Downstream.Word(one.Told));
        await other.TakeAsync(2);
        await Service.StateAsync(both.Id(), system, "applied");
        await Service.StateAsync(mail.Id(), system, "applied");

        var (status, _) = await Service.DoAsync(HttpMethod.Put, $"/v1/systems/{system.Name}", new
        {
            displayName = "A system", kind = "internal", owner = "somebody", channel = new { type = "rabbitmq" },
            contract = new
            {
                purposes = (string[])[purpose], channels = (string[])["any"], objectiveSeconds = 60,
                identifiers = (object[])[new { type = "email", form = "plain" }, new { type = "phone", form = "plain" }],
            },
        }, null, ("If-Match", "\"1\""));
        Assert.Equal(200, status);

        var again = await system.TakeAsync();
        Assert.Equal((both.Id(), 2), (again.Data.OptOutId, again.Data.Version));
        Assert.Contains(again.Data.Identifiers, i => i.Type == "phone" && i.Value == phone);
        await system.PostAsync(Downstream.Word(again));
        await Service.StateAsync(both.Id(), system, "applied");
        var (_, record) = await Service.DoAsync(HttpMethod.Get, $"/v1/opt-outs/{both.Id()}");
        Assert.Equal((2, "contract_widened"), (record.GetProperty("version").GetInt32(), record.GetProperty("reason").Text("code")));
        // The second look of the backfill, after every writer knows the contract, finds nothing left to say.
        await Service.ScalarAsync<object>(
            "UPDATE optout.system_status SET backfill_until = now() WHERE system_id = (SELECT system_id FROM optout.system WHERE name = $1)",
            system.Name);
        await Running.UntilAsync(async () => !(await Service.DoAsync(HttpMethod.Get, $"/v1/systems/{system.Name}")).Body
            .GetProperty("backfill").GetProperty("running").GetBoolean(), "The backfill does not end.");
        Assert.Equal(1, (await Service.DoAsync(HttpMethod.Get, $"/v1/opt-outs/{mail.Id()}")).Body.GetProperty("version").GetInt32());
        Assert.Equal(2, (await Service.DoAsync(HttpMethod.Get, $"/v1/opt-outs/{both.Id()}")).Body.GetProperty("version").GetInt32());
        Assert.Equal((0u, 0u), (await system.WaitingAsync(), await other.WaitingAsync()));
    }

    [Fact]
    public async Task A_test_goes_the_whole_way_to_one_system_as_a_synthetic_stop_of_nobody()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose);
        var other = await Service.RegisterAsync(purpose);
        var path = $"/v1/systems/{system.Name}/test";
        var (status, test) = await Service.DoAsync(HttpMethod.Post, path);
        Assert.Equal(202, status);
        Assert.Equal(test.Text("deliveryId"), (await Service.DoAsync(HttpMethod.Post, path)).Body.Text("deliveryId"));

        var told = await system.TakeAsync();
        Assert.Equal((test.Text("deliveryId"), true), (told.Id, told.Data.Synthetic));
        Assert.EndsWith("@optout.invalid", Assert.Single(told.Data.Identifiers).Value, StringComparison.Ordinal);
        await system.PostAsync(Downstream.Word(told));
        await Running.UntilAsync(async () => (await Service.DeliveryAsync(told.Id)).GetProperty("delivery").Text("state") == "applied",
            "Its word was not taken.");
        Assert.Equal((0u, 0u), (await system.WaitingAsync(), await other.WaitingAsync()));
        Assert.Equal(1, await Service.ScalarAsync<long>(
            "SELECT count(*) FROM optout.delivery WHERE opt_out_id = $1", Guid.Parse(test.Text("optOutId")[3..])));
    }

    private async Task RetireAsync(Downstream system)
    {
        var (status, asked) = await Service.DoAsync(
            HttpMethod.Delete, $"/v1/systems/{system.Name}", null, null, ("If-Match", "\"1\""));
        Assert.Equal(202, status);
        await ApproveAsync(asked);
    }

    private async Task ApproveAsync(JsonElement asked)
    {
        var (_, key) = await Service.DoAsync(HttpMethod.Post, "/v1/keys", new { name = "second", roles = (string[])["operator"] });
        using var second = Service.As(key.Text("key"));
        var (status, _) = await Service.DoAsync(
            HttpMethod.Post, $"/v1/approvals/{asked.Text("approvalId")}/approve", null, second);
        Assert.Equal(200, status);
    }

    private Task<long> OpenAsync(Downstream system) => Service.ScalarAsync<long>(
        "SELECT count(*) FROM optout.open_delivery WHERE system_id = (SELECT system_id FROM optout.system WHERE name = $1)", system.Name);

    private Task<long> LeavesAsync(string kind, Downstream system) => Service.ScalarAsync<long>(
        """
        SELECT count(*) FROM (SELECT convert_from(leaf, 'UTF8')::json AS l FROM ledger.pending) p
        WHERE l ->> 'kind' = $1 AND l ->> 'system' = $2
        """, kind, system.Name);
}
