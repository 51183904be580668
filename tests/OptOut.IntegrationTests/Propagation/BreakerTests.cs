using System.Collections.Concurrent;
using System.Text.Json;
using OptOut.IntegrationTests.Channels;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Propagation;

[Collection(PropagationGroup.Name)]
public sealed class BreakerTests(PropagationService fixture, Servers servers)
{
    private const string Open =
        "SELECT count(*) FROM optout.open_delivery WHERE system_id = (SELECT system_id FROM optout.system WHERE name = $1)";

    private Running Service => fixture.Service;

    [Fact]
    public async Task Calls_to_a_failing_system_stop_its_rows_do_not_and_all_go_once_a_probe_works()
    {
        var status = 500;
        await using var receiver = await Receiver.StartAsync(Answering(() => status));
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, receiver.Url);
        var records = new List<JsonElement>();
        for (var i = 0; i < 8; i++)
            records.Add(await Service.StopAsync(purpose));
        await UntilBreakerAsync(system, "open");
        // What was in flight when it opened has ended; from here on there are probes alone.
        await Running.UntilAsync(async () => await AttemptsAsync(system) == receiver.Requests.Count, "Tries are not stored.");
        var called = receiver.Requests.Count;
        var started = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 4; i++)
            records.Add(await Service.StopAsync(purpose));
        await Running.UntilAsync(() => Task.FromResult(receiver.Requests.Count >= called + 2), "No probes came.");
        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        Assert.InRange(receiver.Requests.Count - called, 2, (int)(seconds / 5) + 1);
        Assert.Equal(12, await Service.ScalarAsync<long>(Open, system.Name));

        status = 202;
        foreach (var record in records)
            await Service.StateAsync(record.Id(), system, "sent");
        var took = TimeProvider.System.GetElapsedTime(started).TotalSeconds - seconds;
        Assert.InRange(took, 0, 15);
        var breaker = await UntilBreakerAsync(system, "closed");
        Assert.Equal((0, JsonValueKind.Null), (breaker.GetProperty("failures").GetInt32(), breaker.GetProperty("openedAt").ValueKind));
    }

    [Fact]
    public async Task One_delivery_that_waits_for_minutes_goes_within_seconds_of_the_systems_recovery()
    {
        var status = 500;
        await using var receiver = await Receiver.StartAsync(Answering(() => status));
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, receiver.Url);
        var record = await Service.StopAsync(purpose);
        var waiting = await Service.DeliveryOfAsync(record.Id(), system,
            one => one.GetProperty("attempts").GetInt32() >= 4, "No probe of it came.");

        // Probes are tries in the evidence and no steps of the schedule.
        Assert.Equal("retrying", waiting.Text("state"));
        Assert.InRange((waiting.GetProperty("nextAttemptAt").GetDateTimeOffset() - TimeProvider.System.GetUtcNow()).TotalMinutes, 3, 6.1);
        Assert.Equal(2, await Service.ScalarAsync<int>(
            "SELECT attempts - probes FROM optout.delivery WHERE delivery_id = $1", Guid.Parse(waiting.Text("deliveryId")[4..])));

        status = 202;
        await Running.UntilAsync(async () => (await Service.PropagationAsync(record.Id())).GetProperty("systems")
            .EnumerateArray().Single().Text("state") == "sent", "It waits for its schedule.", TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Everything_that_waits_for_its_schedule_or_is_parked_is_due_once_a_probe_works()
    {
        var status = 500;
        await using var receiver = await Receiver.StartAsync(Answering(() => status));
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, receiver.Url);
        var records = new List<JsonElement>();
        for (var i = 0; i < 3; i++)
            records.Add(await Service.StopAsync(purpose));
        await UntilBreakerAsync(system, "open");
        await Service.ScalarAsync<object>(
            """
            WITH far AS (UPDATE optout.open_delivery o SET due_at = now() + interval '5 h'
                FROM optout.system s WHERE s.system_id = o.system_id AND s.name = $1 RETURNING delivery_id)
            UPDATE optout.delivery d SET state = 'parked' FROM far WHERE d.delivery_id = far.delivery_id
            """, system.Name);

        status = 202;
        foreach (var record in records)
            await Service.StateAsync(record.Id(), system, "sent");
    }

    [Fact]
    public async Task A_receiver_that_turns_each_message_away_once_is_not_starved_by_its_own_backlog()
    {
        var seen = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        await using var receiver = await Receiver.StartAsync(context =>
        {
            context.Response.StatusCode = seen.TryAdd(context.Request.Headers["webhook-id"].ToString(), true) ? 503 : 202;
            return Task.CompletedTask;
        });
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, receiver.Url);
        var stops = Enumerable.Range(0, 60).Select(_ => Service.StopAsync(purpose));
        await Task.WhenAll(stops);
        await UntilBreakerAsync(system, "open");

        // Each probe of a message that was never tried would fail: 60 of them take five minutes.
        await Running.UntilAsync(async () => await Service.ScalarAsync<long>(
            """
            SELECT count(*) FROM optout.delivery d JOIN optout.system s USING (system_id)
            WHERE s.name = $1 AND d.sent_at IS NOT NULL
            """,
            system.Name) > 0, "No probe was of one that had failed.", TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_receiver_that_asks_for_a_pause_is_called_about_nothing_until_it_is_over()
    {
        await using var receiver = await Receiver.StartAsync(429, ("Retry-After", "4"));
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, receiver.Url);
        await Service.StopAsync(purpose);
        var slowed = await UntilBreakerAsync(system, "slowed");
        var until = slowed.GetProperty("nextCallAt").GetDateTimeOffset();
        Assert.InRange((until - TimeProvider.System.GetUtcNow()).TotalSeconds, 0.5, 5);

        var other = await Service.StopAsync(purpose);
        await Service.DeliveryOfAsync(other.Id(), system, one => one.GetProperty("attempts").GetInt32() > 0, "never called");
        Assert.True(TimeProvider.System.GetUtcNow() >= until, "It was called during the pause.");
    }

    [Fact]
    public async Task The_breaker_is_one_for_all_replicas_and_outlives_them()
    {
        await using var receiver = await Receiver.StartAsync(500);
        await using var one = await Running.StartAsync(servers, broker: null);
        var purpose = await one.PurposeAsync();
        var system = await one.RegisterAsync(purpose, receiver.Url);
        for (var i = 0; i < 6; i++)
            await one.StopAsync(purpose);
        await UntilBreakerAsync(system, "open", one);
        await using var two = await Running.StartAsync(servers, broker: null, twin: one);
        await UntilBreakerAsync(system, "open", two);
        await Running.UntilAsync(async () => await AttemptsAsync(system, one) == receiver.Requests.Count, "Tries are not stored.");

        var called = receiver.Requests.Count;
        var started = TimeProvider.System.GetTimestamp();
        await Running.UntilAsync(() => Task.FromResult(receiver.Requests.Count >= called + 3), "No probes came.");
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 9, 25);
    }

    [Fact]
    public async Task A_resumed_system_is_called_at_once_with_a_closed_breaker()
    {
        var status = 500;
        await using var receiver = await Receiver.StartAsync(Answering(() => status));
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, receiver.Url);
        var record = await Service.StopAsync(purpose);
        await UntilBreakerAsync(system, "open");
        var (paused, _) = await Service.DoAsync(HttpMethod.Post, $"/v1/systems/{system.Name}/pause",
            new { reason = "repair" }, null, ("If-Match", "\"1\""));
        Assert.Equal(200, paused);
        await Service.ScalarAsync<object>(
            "UPDATE optout.system_status SET breaker_probe_at = now() + interval '1 h' WHERE system_id = (SELECT system_id FROM optout.system WHERE name = $1)",
            system.Name);
        status = 202;
        await Service.DoAsync(HttpMethod.Post, $"/v1/systems/{system.Name}/resume", new { reason = "repaired" });

        await Service.StateAsync(record.Id(), system, "sent");
        await UntilBreakerAsync(system, "closed");
    }

    private static Func<Microsoft.AspNetCore.Http.HttpContext, Task> Answering(Func<int> status) => context =>
    {
        context.Response.StatusCode = status();
        return Task.CompletedTask;
    };

    private async Task<JsonElement> UntilBreakerAsync(Downstream system, string state, Running? service = null)
    {
        JsonElement breaker = default;
        await Running.UntilAsync(async () =>
        {
            var (_, view) = await (service ?? Service).DoAsync(HttpMethod.Get, $"/v1/systems/{system.Name}");
            breaker = view.GetProperty("breaker");
            return breaker.Text("state") == state;
        }, $"The breaker was never {state}.");
        return breaker;
    }

    private Task<long> AttemptsAsync(Downstream system, Running? service = null) => (service ?? Service).ScalarAsync<long>(
        """
        SELECT count(*) FROM optout.attempt a JOIN optout.delivery d USING (delivery_id)
        JOIN optout.system s USING (system_id) WHERE s.name = $1
        """, system.Name);
}
