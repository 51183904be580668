using System.Text.Json;
using OptOut.Contracts;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Service.Platform.Embedded;
using RabbitMQ.Client;

namespace OptOut.IntegrationTests.Propagation;

[Collection(PropagationGroup.Name)]
public sealed class BrokerTests(PropagationService fixture)
{
    private Running Service => fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A queue that was deleted and made again under its name must not swallow what is published next.</summary>
    [Fact]
    public async Task Deleting_a_queue_behind_the_service_loses_nothing_that_was_reported_sent_afterwards()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose);
        await using var connection = await new ConnectionFactory { Uri = Service.Broker! }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation);
        for (var round = 0; round < 4; round++)
        {
            await channel.QueueDeleteAsync(BrokerNames.Queue(system.Name), false, false, cancellationToken: Cancellation);
            var ids = new List<Guid>();
            for (var i = 0; i < 40; i++)
                ids.Add(Guid.Parse((await Service.StopAsync(purpose)).Id()[3..]));

            await Running.UntilAsync(async () => await Service.ScalarAsync<long>(
                "SELECT count(*) FROM optout.delivery WHERE opt_out_id = ANY ($1) AND state = 'sent'", ids.ToArray()) == ids.Count,
                $"Round {round}: not everything was sent again.");
            var told = await system.TakeAsync(ids.Count);
            Assert.Equal(ids.Order(), told.Select(one => Guid.Parse(one.Told.Data.OptOutId[3..])).Order());
        }
    }

    /// <summary>
    /// What waits in the queue made anew hides from a look that the older ones are gone: the loss itself is what counts.
    /// </summary>
    [Fact]
    public async Task What_a_deleted_queue_held_goes_out_again_although_new_messages_wait_in_the_one_made_anew()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, objective: 2);
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Add((await Service.StopAsync(purpose)).Id());
        foreach (var id in ids)
            await Service.StateAsync(id, system, "sent");

        await using (var connection = await new ConnectionFactory { Uri = Service.Broker! }.CreateConnectionAsync(Cancellation))
        await using (var channel = await connection.CreateChannelAsync(cancellationToken: Cancellation))
            await channel.QueueDeleteAsync(BrokerNames.Queue(system.Name), false, false, cancellationToken: Cancellation);
        var later = (await Service.StopAsync(purpose)).Id();
        await Service.StateAsync(later, system, "sent");

        await Running.UntilAsync(async () => await system.WaitingAsync() >= 6, "Not everything was published again.");
        var told = await system.TakeAsync(6);
        Assert.Equal(
            ids.Append(later).Order(StringComparer.Ordinal),
            told.Select(one => one.Told.Data.OptOutId).Distinct().Order(StringComparer.Ordinal));
        foreach (var one in told.DistinctBy(one => one.Told.Id))
            await system.AckAsync(Downstream.Word(one.Told));
        foreach (var id in ids.Append(later))
            await Service.StateAsync(id, system, "applied");
    }

    [Fact]
    public async Task Past_the_objective_it_is_published_again_only_where_the_queue_has_lost_it()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose, objective: 1);
        var record = await Service.StopAsync(purpose);
        var sent = await Service.StateAsync(record.Id(), system, "sent");

        // Several looks at a queue that holds it.
        for (var look = 0; look < 3; look++)
        {
            await Service.DueAsync(sent.Text("deliveryId"));
            await Running.UntilAsync(async () => await Service.ScalarAsync<long>(
                "SELECT count(*) FROM optout.open_delivery WHERE delivery_id = $1 AND due_at > now()",
                Guid.Parse(sent.Text("deliveryId")[4..])) == 1, "no look");
        }

        var seen = await Service.PropagationAsync(record.Id());
        Assert.True(seen.GetProperty("overdue").GetBoolean());
        Assert.Equal(1, seen.GetProperty("systems")[0].GetProperty("attempts").GetInt32());
        Assert.Equal(1u, await system.WaitingAsync());

        // Taken off and never answered: the queue is empty now.
        var first = await system.TakeAsync();
        await Service.DueAsync(sent.Text("deliveryId"));
        var again = await system.TakeAsync();
        Assert.Equal(first.Id, again.Id);
        await Service.DeliveryOfAsync(record.Id(), system, one => one.GetProperty("attempts").GetInt32() == 2, "no second try");

        // A word that it was received does not make it circle: the next look is a minute off, not a second.
        await system.AckAsync(Downstream.Word(again, AcknowledgementOutcome.Received));
        var received = await Service.StateAsync(record.Id(), system, "received");
        Assert.True(received.GetProperty("nextAttemptAt").GetDateTimeOffset() > TimeProvider.System.GetUtcNow().AddSeconds(10),
            received.Text("nextAttemptAt"));
    }

    [Fact]
    public async Task A_person_who_cannot_be_decrypted_holds_back_nobody_else()
    {
        var purpose = await Service.PurposeAsync();
        var system = await Service.RegisterAsync(purpose);
        var (_, view) = await Service.DoAsync(HttpMethod.Get, $"/v1/systems/{system.Name}");
        await Service.DoAsync(HttpMethod.Post, $"/v1/systems/{system.Name}/pause", new { reason = "a test" }, null,
            ("If-Match", $"\"{view.GetProperty("version").GetInt32()}\""));
        var damaged = await Service.StopAsync(purpose);
        var whole = await Service.StopAsync(purpose);
        await Service.ScalarAsync<object>("UPDATE optout.identifier SET value_ciphertext = decode(repeat('ab', 60), 'hex') WHERE subject_id = $1",
            Guid.Parse(damaged.Text("subjectId")[4..]));
        await Service.DoAsync(HttpMethod.Post, $"/v1/systems/{system.Name}/resume", new { reason = "a test" });

        Assert.Equal(whole.Id(), (await system.TakeAsync()).Data.OptOutId);
        var waiting = (await Service.PropagationAsync(damaged.Id())).GetProperty("systems")[0];
        Assert.Equal(("pending", 0), (waiting.Text("state"), waiting.GetProperty("attempts").GetInt32()));
    }
}

/// <summary>
/// A broker of its own, for the tests that end it. They run alone: what is measured is how soon it goes on.
/// </summary>
[Collection(nameof(RunsAlone))]
public sealed class BrokerOutageTests(Servers servers)
{
    [Fact]
    public async Task Recording_goes_on_without_a_broker_and_deliveries_leave_when_it_is_back()
    {
        var directory = Servers.NewDirectory();
        var broker = EmbeddedRabbitMq.Start(new EmbeddedRabbitMqOptions(directory), EmbeddedRabbitMq.FindBinaries()!);
        try
        {
            // Not there yet: the node still boots while the first stops are answered.
            await using var service = await Running.StartAsync(servers, broker.Uri);
            var purpose = await service.PurposeAsync();
            var system = await service.RegisterAsync(purpose, objective: 5);
            var ids = new List<string>();
            for (var i = 0; i < 20; i++)
                ids.Add((await service.StopAsync(purpose)).Id());
            await broker.Ready;
            await AllSentAsync(service, ids, "the first start", AtOnce);
            // RabbitMQ 3.10 forgets the members of a quorum queue that it is killed moments after making: the queues of
            // the first round take messages, confirm none, and are made anew.
            for (var round = 0; round < 2; round++)
            {
                await broker.KillAsync();
                for (var i = 0; i < 20; i++)
                    ids.Add((await service.StopAsync(purpose)).Id());
                broker.StartAgain();
                await broker.Ready;
                await AllSentAsync(service, ids, $"kill {round}", round == 0 ? Repaired : AtOnce);
            }

            // What was confirmed before the first kill was in a queue that is gone: it goes out again past its objective.
            await Running.UntilAsync(async () => await system.WaitingAsync() >= ids.Count, "Not everything is in the queue.");
            var told = await system.TakeAsync((int)await system.WaitingAsync());
            Assert.Equal(ids.Order(StringComparer.Ordinal), told.Select(one => one.Told.Data.OptOutId).Distinct().Order(StringComparer.Ordinal));
            await system.AckAsync(Downstream.Word(told[0].Told));
            await service.StateAsync(told[0].Told.Data.OptOutId, system, "applied");
            // An outage is not a try of each delivery each second.
            Assert.InRange(await service.ScalarAsync<long>("SELECT count(*) FROM optout.attempt"), ids.Count, ids.Count * 4);
        }
        finally
        {
            await broker.KillAsync();
            await broker.DisposeAsync();
            Directory.Delete(directory, recursive: true);
        }
    }

    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Repaired = TimeSpan.FromSeconds(40);

    private static Task AllSentAsync(Running service, List<string> ids, string when, TimeSpan patience) =>
        Running.UntilAsync(
            async () => await service.ScalarAsync<long>(
                "SELECT count(*) FROM optout.delivery WHERE state = 'sent'") == ids.Count,
            $"Not sent {patience.TotalSeconds} s after {when}.", patience);
}
