using OptOut.IntegrationTests.Fixtures;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.RabbitMq;
using OptOut.Service.Propagation.Schedules;
using RabbitMQ.Client;

namespace OptOut.IntegrationTests.Channels;

public sealed class RabbitMqTopologyTests(Servers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Exactly_the_published_names_stand_on_the_broker_and_no_others()
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri, "crm", "mailer");
        var sink = new RecordingSink();
        await link.StartIntakeAsync(sink);
        await RecordingSink.WaitForIntakeAsync(uri, sink);

        Assert.Equal(["optout.acks", "optout.events"], await servers.NamesAsync(uri, "exchanges"));
        Assert.Equal(
            ["optout.acks", "optout.acks.dead", "optout.crm", "optout.crm.dead", "optout.mailer", "optout.mailer.dead"],
            await servers.NamesAsync(uri, "queues"));
        var queue = await servers.QueueAsync(uri, "optout.crm");
        Assert.Equal("quorum", queue.GetProperty("type").GetString());
        var arguments = queue.GetProperty("arguments");
        Assert.Equal(20, arguments.GetProperty("x-delivery-limit").GetInt32());
        Assert.Equal("optout.crm.dead", arguments.GetProperty("x-dead-letter-routing-key").GetString());
        Assert.Empty(link.Topology.Faults);
    }

    [Fact]
    public async Task An_exchange_of_another_type_is_told_and_nothing_is_published_into_it()
    {
        var uri = await servers.CreateVhostAsync();
        await using var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(null, Cancellation);
        await channel.ExchangeDeclareAsync(
            "optout.events", ExchangeType.Fanout, durable: true, cancellationToken: Cancellation);
        await using var link = await Link.StartAsync(uri, "crm");
        await Link.UntilAsync(() => link.State.IsDeclared);

        Assert.Equal(
            [new TopologyFault(TopologyFaultKind.ExchangeConflict, "optout.events")], link.Topology.Faults);
        Assert.Null(link.State.Publishing);
        Assert.Contains("optout.crm", await servers.NamesAsync(uri, "queues"));
    }

    [Fact]
    public async Task A_queue_with_other_arguments_is_told_and_used_as_it_is()
    {
        var uri = await servers.CreateVhostAsync();
        await using var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(null, Cancellation);
        await channel.QueueDeclareAsync(
            "optout.crm", durable: true, exclusive: false, autoDelete: false, cancellationToken: Cancellation);
        await using var link = await Link.ReadyAsync(uri, "crm");

        Assert.Equal([new TopologyFault(TopologyFaultKind.QueueConflict, "optout.crm")], link.Topology.Faults);
        await link.Channel.SendAsync([Link.Event("crm")], Cancellation);
        Assert.Equal(1u, await channel.MessageCountAsync("optout.crm", Cancellation));
    }

    [Fact]
    public async Task A_system_can_not_take_the_name_of_the_acknowledgements_queue()
    {
        await using var link = await Link.StartAsync(await servers.CreateVhostAsync());

        var fault = await link.Topology.EnsureSystemAsync("acks", Cancellation);

        Assert.Equal(TopologyFaultKind.NameReserved, fault?.Kind);
    }

    [Fact]
    public async Task A_queue_tells_whether_it_is_missing_drained_or_waiting()
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri, "crm");

        var missing = await link.Topology.QueueStateAsync("elsewhere", Cancellation);
        var drained = await link.Topology.QueueStateAsync("crm", Cancellation);
        await link.Channel.SendAsync(Link.Events("crm", 3), Cancellation);
        var waiting = await link.Topology.QueueStateAsync("crm", Cancellation);

        Assert.Equal(new QueueState.Missing(), missing);
        Assert.Equal(new QueueState.Present(0, 0), drained);
        Assert.Equal(new QueueState.Present(3, 0), waiting);
        Assert.Equal([true, true, false], new[] { missing, drained, waiting }.Select(RetryPlan.MustPublishAgain));
    }

    [Fact]
    public async Task A_queue_or_a_binding_that_somebody_removed_comes_back_by_the_clock_and_a_lost_queue_is_told()
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri, "crm", "mailer");
        await using var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(null, Cancellation);
        link.Memory.Missing.Clear();

        await channel.QueueUnbindAsync("optout.crm", "optout.events", "crm", cancellationToken: Cancellation);
        await Link.UntilAsync(async () =>
            (await link.Channel.SendAsync([Link.Event("crm")], Cancellation))[0].Outcome == AttemptOutcome.Sent);
        Assert.Empty(link.Memory.Missing);

        await channel.QueueDeleteAsync("optout.mailer", false, false, cancellationToken: Cancellation);
        await channel.QueueDeleteAsync("optout.acks", false, false, cancellationToken: Cancellation);
        await Link.UntilAsync(async () => (await servers.NamesAsync(uri, "queues"))
            .Intersect(["optout.mailer", "optout.acks"]).Count() == 2 && link.Memory.Missing.Count >= 2);
        Assert.Equal(["optout.acks", "optout.mailer"], link.Memory.Missing.Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>Else the queue would stand there empty, and nobody would know that it had been lost.</summary>
    [Fact]
    public async Task A_lost_queue_is_not_made_before_its_loss_is_written_down()
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri, "crm");
        await using var connection = await new ConnectionFactory { Uri = uri }.CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(null, Cancellation);
        link.Memory.Writes = false;

        await channel.QueueDeleteAsync("optout.crm", false, false, cancellationToken: Cancellation);
        await Link.UntilAsync(() =>
            link.Topology.Faults.Contains(new TopologyFault(TopologyFaultKind.QueueMissing, "optout.crm")));
        Assert.Equal(new QueueState.Missing(), await link.Topology.QueueStateAsync("crm", Cancellation));

        link.Memory.Writes = true;
        await Link.UntilAsync(() => link.Topology.Faults.Count == 0);
        Assert.Equal(new QueueState.Present(0, 0), await link.Topology.QueueStateAsync("crm", Cancellation));
    }

    [Fact]
    public async Task Without_a_broker_a_queue_is_unknown_and_a_registration_is_kept_for_later()
    {
        await using var link = await Link.StartAsync(new Uri("amqp://guest:guest@127.0.0.1:1/"));

        var fault = await link.Topology.EnsureSystemAsync("crm", Cancellation);

        Assert.Equal(TopologyFaultKind.BrokerUnavailable, fault?.Kind);
        Assert.Equal(new QueueState.Unknown(), await link.Topology.QueueStateAsync("crm", Cancellation));
    }

    [Fact]
    public async Task A_broker_that_comes_late_or_lost_everything_gets_its_queues_within_seconds()
    {
        var uri = await servers.CreateVhostAsync();
        var host = new Uri($"api/vhosts/{uri.AbsolutePath[1..]}", UriKind.Relative);
        using var removed = await servers.Management.DeleteAsync(host, Cancellation);
        await using var link = await Link.StartAsync(uri, "crm");
        var sink = new RecordingSink();
        await link.StartIntakeAsync(sink);

        for (var round = 0; round < 2; round++)
        {
            var early = await link.Channel.SendAsync([Link.Event("crm")], Cancellation);
            Assert.Equal(AttemptOutcome.Unavailable, early[0].Outcome);

            using var made = await servers.Management.PutAsync(host, content: null, Cancellation);
            await Link.UntilAsync(() => link.State.Publishing is not null);

            var sent = await link.Channel.SendAsync(Link.Events("crm", 5), Cancellation);
            Assert.All(sent, result => Assert.Equal(AttemptOutcome.Sent, result.Outcome));
            await RecordingSink.WaitForIntakeAsync(uri, sink);
            using var lost = await servers.Management.DeleteAsync(host, Cancellation);
            await Link.UntilAsync(() => link.State.Publishing is null);
        }
    }
}
