using System.Collections.Concurrent;
using System.Text.Json;
using OptOut.Contracts;
using OptOut.IntegrationTests.Channels;

namespace OptOut.IntegrationTests.Propagation;

[Collection(PropagationGroup.Name)]
public sealed class OrderTests(PropagationService fixture)
{
    private Running Service => fixture.Service;

    [Fact]
    public async Task A_reversal_comes_after_its_stop_and_its_word_closes_what_was_open_before()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose);
        var email = Running.NewEmail();
        var record = await Service.StopAsync(purpose, email);
        await Service.StateAsync(record.Id(), system, "sent");
        await Service.ReverseAsync(record, purpose, email);

        var told = (await system.TakeAsync(2)).ConvertAll(one => one.Told);
        Assert.Equal([(1, OptOutState.OptedOut, EventTypes.Recorded), (2, OptOutState.OptedIn, EventTypes.Reversed)],
            told.Select(one => (one.Data.Version, one.Data.State, one.Type)));

        await system.AckAsync(Downstream.Word(told[1]));
        await Service.StateAsync(record.Id(), system, "applied");
        var older = (await Service.DeliveryAsync(told[0].Data.DeliveryId)).GetProperty("delivery");
        Assert.Equal(("superseded", "newer_version"), (older.Text("state"), older.Text("reason")));

        // The older version's own word, late: the version fence.
        Assert.Equal(409, (await system.PostAsync(Downstream.Word(told[0]))).Body.GetProperty("items")[0].GetProperty("status").GetInt32());
        await system.UntilRejectedAsync("stale");
        older = (await Service.DeliveryAsync(told[0].Data.DeliveryId)).GetProperty("delivery");
        Assert.Equal("superseded", older.Text("state"));
    }

    [Fact]
    public async Task An_older_version_that_was_never_sent_gives_way_to_the_newer()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose);
        await SwitchAsync(system, "pause");
        var email = Running.NewEmail();
        var record = await Service.StopAsync(purpose, email);
        await Service.ReverseAsync(record, purpose, email);
        await SwitchAsync(system, "resume");

        var told = await system.TakeAsync();
        Assert.Equal(2, told.Data.Version);
        Assert.Equal(("superseded", 0), await Service.ScalarAsync<string>(
            "SELECT state || ' ' || attempts FROM optout.delivery WHERE opt_out_id = $1 AND version = 1",
            Guid.Parse(record.Id()[3..])) is { } text ? (text.Split(' ')[0], int.Parse(text.Split(' ')[1], null)) : default);
        Assert.Equal(0u, await system.WaitingAsync());
    }

    /// <summary>A stale event never overwrites a newer choice, for it never comes after it.</summary>
    [Fact]
    public async Task A_webhook_never_sees_a_version_after_a_newer_one()
    {
        var purpose = await Service.PurposeAsync();
        // Each delivery fails once at most: its third try would be minutes away.
        var tried = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        await using var receiver = await Receiver.StartAsync(async context =>
        {
            await Task.Delay(Random.Shared.Next(40), context.RequestAborted);
            var isFirst = tried.TryAdd(context.Request.Headers["webhook-id"].ToString(), true);
            context.Response.StatusCode = isFirst && Random.Shared.Next(3) == 0 ? 500 : 202;
        });
        var system = await Service.RegisterAsync(purpose, receiver.Url);
        var email = Running.NewEmail();
        JsonElement record = default;
        for (var round = 0; round < 6; round++)
        {
            record = await Service.StopAsync(purpose, email);
            record = await Service.ReverseAsync(record, purpose, email);
        }

        await Service.DeliveryOfAsync(record.Id(), system, one => one.GetProperty("attempts").GetInt32() > 0, "never tried");
        await Service.StateAsync(record.Id(), system, "sent");

        var versions = receiver.Requests.Select(request => OptOutEvent.TryParse(request.Body)!.Data.Version).ToList();
        Assert.Equal(12, versions[^1]);
        Assert.Equal(versions.Order(), versions);
    }

    private async Task SwitchAsync(Downstream system, string act)
    {
        var (_, view) = await Service.DoAsync(HttpMethod.Get, $"/v1/systems/{system.Name}");
        var (status, body) = await Service.DoAsync(HttpMethod.Post, $"/v1/systems/{system.Name}/{act}", new { reason = "a test" }, null,
            ("If-Match", $"\"{view.GetProperty("version").GetInt32()}\""));
        Assert.True(status == 200, $"{status} {body}");
    }
}
