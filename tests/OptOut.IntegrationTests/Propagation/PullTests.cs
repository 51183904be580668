using System.Text;
using System.Text.Json;
using OptOut.Contracts;

namespace OptOut.IntegrationTests.Propagation;

/// <summary>Batch systems that fetch their events.</summary>
[Collection(PropagationGroup.Name)]
public sealed class PullTests(PropagationService fixture)
{
    private Running Service => fixture.Service;

    [Fact]
    public async Task What_is_not_acknowledged_comes_again_and_after_pages_only_within_what_is_open()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterOnAsync(purpose, new { type = "pull" });
        var records = new List<JsonElement>();
        for (var i = 0; i < 5; i++)
            records.Add(await Service.StopAsync(purpose));

        var (first, cursor) = await PullAsync(system, "?limit=2");
        var (second, next) = await PullAsync(system, $"?limit=2&after={cursor}");
        var (third, end) = await PullAsync(system, $"?limit=2&after={next}");
        Assert.Equal(records.Select(record => record.Id()), first.Concat(second).Concat(third).Select(one => one.Data.OptOutId));
        Assert.Null(end);

        // The middle one is answered; the others come again, in order, from the beginning.
        await system.PostAsync(Downstream.Word(second[0]));
        var (again, _) = await PullAsync(system);
        Assert.Equal([first[0].Id, first[1].Id, second[1].Id, third[0].Id], again.Select(one => one.Id));
        await system.PostAsync([.. again.Select(one => Downstream.Word(one))]);
        Assert.Empty((await PullAsync(system)).Events);
        Assert.All(records, record => Assert.Equal("complete", Service.PropagationAsync(record.Id()).Result.Text("state")));
    }

    [Fact]
    public async Task What_commits_late_is_not_missed_by_a_system_that_has_answered_all_newer_ones()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterOnAsync(purpose, new { type = "pull" });
        await Service.StopAsync(purpose);
        var early = (await PullAsync(system)).Events[0];
        // As a transaction that took its id first and commits last: its work appears behind the newest.
        var id = Guid.Parse(early.Id[4..]);
        await Service.ScalarAsync<object>(
            "CREATE TABLE IF NOT EXISTS held AS SELECT * FROM optout.open_delivery WHERE delivery_id = $1", id);
        await Service.ScalarAsync<object>("DELETE FROM optout.open_delivery WHERE delivery_id = $1", id);
        await Service.StopAsync(purpose);
        var late = (await PullAsync(system)).Events;
        await system.PostAsync(Downstream.Word(late[0]));
        await Service.ScalarAsync<object>("INSERT INTO optout.open_delivery SELECT * FROM held");

        Assert.Equal(early.Id, Assert.Single((await PullAsync(system)).Events).Id);
    }

    [Fact]
    public async Task Each_fetch_is_an_attempt_and_one_that_is_never_answered_becomes_overdue()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterOnAsync(purpose, new { type = "pull" }, objective: 1);
        var record = await Service.StopAsync(purpose);
        var waiting = await Service.DeliveryOfAsync(record.Id(), system, one => one.GetProperty("overdue").GetBoolean(), "never overdue");
        Assert.Equal(("pending", JsonValueKind.Null), (waiting.Text("state"), waiting.GetProperty("sentAt").ValueKind));

        await PullAsync(system);
        await PullAsync(system);

        var given = await Service.StateAsync(record.Id(), system, "sent");
        Assert.Equal(2, given.GetProperty("attempts").GetInt32());
        Assert.True(given.GetProperty("overdue").GetBoolean());
        Assert.Equal(JsonValueKind.String, given.GetProperty("sentAt").ValueKind);
        Assert.Equal("pending", (await Service.PropagationAsync(record.Id())).Text("state"));
    }

    [Fact]
    public async Task A_failure_comes_again_when_its_time_does_and_a_newer_version_replaces_an_older()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterOnAsync(purpose, new { type = "pull" });
        var email = Running.NewEmail();
        var record = await Service.StopAsync(purpose, email);
        var told = Assert.Single((await PullAsync(system)).Events);
        await system.PostAsync(Downstream.Word(told, AcknowledgementOutcome.Failed));
        Assert.Empty((await PullAsync(system)).Events);
        await Service.DueAsync(told.Id);
        Assert.Equal(told.Id, Assert.Single((await PullAsync(system)).Events).Id);

        await Service.ReverseAsync(record, purpose, email);
        var newest = Assert.Single((await PullAsync(system)).Events);
        Assert.Equal(2, newest.Data.Version);
        Assert.Equal("superseded", (await Service.DeliveryAsync(told.Id)).GetProperty("delivery").Text("state"));
    }

    [Fact]
    public async Task Only_the_systems_own_key_fetches_and_a_pause_is_no_empty_list()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterOnAsync(purpose, new { type = "pull" });
        var other = await Service.RegisterAsync(purpose);
        var path = $"/v1/systems/{system.Name}/events";

        Assert.Equal(403, (await Service.DoAsync(HttpMethod.Get, path)).Status);
        using (var foreign = Service.As(other.ApiKey))
        {
            Assert.Equal(404, (await Service.DoAsync(HttpMethod.Get, path, client: foreign)).Status);
            var (status, problem) = await Service.DoAsync(HttpMethod.Get, $"/v1/systems/{other.Name}/events", client: foreign);
            Assert.Equal((409, "channel_not_pull"), (status, problem.Text("code")));
        }

        using var own = Service.As(system.ApiKey);
        foreach (var query in (string[])["?after=x", "?limit=0", "?limit=1&limit=2"])
            Assert.Equal(400, (await Service.DoAsync(HttpMethod.Get, path + query, client: own)).Status);
        var (_, view) = await Service.DoAsync(HttpMethod.Get, $"/v1/systems/{system.Name}");
        await Service.DoAsync(HttpMethod.Post, $"/v1/systems/{system.Name}/pause", new { reason = "a test" }, null,
            ("If-Match", $"\"{view.GetProperty("version").GetInt32()}\""));
        var (paused, why) = await Service.DoAsync(HttpMethod.Get, path, client: own);
        Assert.Equal((409, "system_paused"), (paused, why.Text("code")));
    }

    private async Task<(List<OptOutEvent> Events, string? Next)> PullAsync(Downstream system, string query = "")
    {
        using var own = Service.As(system.ApiKey);
        var (status, body) = await Service.DoAsync(HttpMethod.Get, $"/v1/systems/{system.Name}/events{query}", client: own);
        Assert.True(status == 200, $"{status} {body}");
        return ([.. body.GetProperty("data").EnumerateArray().Select(
            one => OptOutEvent.TryParse(Encoding.UTF8.GetBytes(one.GetRawText()))!)], body.GetProperty("nextCursor").GetString());
    }
}
