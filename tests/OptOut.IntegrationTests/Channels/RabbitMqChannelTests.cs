using System.Text;
using OptOut.Contracts;
using OptOut.IntegrationTests.Fixtures;
using OptOut.Service.Propagation.Channels;
using RabbitMQ.Client;

namespace OptOut.IntegrationTests.Channels;

public sealed class RabbitMqChannelTests(Servers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_outsider_reads_JSON_and_nine_known_properties_and_nothing_of_ours()
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri, "crm");
        var sent = Link.Event("crm");

        var results = await link.Channel.SendAsync([sent], Cancellation);

        Assert.Equal(AttemptOutcome.Sent, Assert.Single(results).Outcome);
        var got = await GetAsync(uri, "optout.crm");
        var properties = got.BasicProperties;
        Assert.Equal(sent.Body.ToArray(), got.Body.ToArray());
        Assert.Equal("optout.events", got.Exchange);
        Assert.Equal("crm", got.RoutingKey);
        Assert.Equal("application/cloudevents+json; charset=utf-8", properties.ContentType);
        Assert.True(properties.Persistent);
        Assert.Equal($"dlv_{sent.DeliveryId:N}", properties.MessageId);
        Assert.Equal($"oo_{sent.OptOutId:N}", properties.CorrelationId);
        Assert.Equal("org.optout.recorded.v1", properties.Type);
        Assert.Equal(sent.Time.ToUnixTimeSeconds(), properties.Timestamp.UnixTime);
        Assert.False(properties.IsAppIdPresent() || properties.IsUserIdPresent() || properties.IsReplyToPresent());
        Assert.Equal(
            ["traceparent", "webhook-id", "webhook-signature", "webhook-timestamp"],
            // The broker counts redeliveries in a header of its own.
            properties.Headers!.Keys.Where(name => name != "x-delivery-count").Order(StringComparer.Ordinal));
        var headers = new WebhookHeaders(
            Text(properties, "webhook-id"), Text(properties, "webhook-timestamp"), Text(properties, "webhook-signature"));
        Assert.Equal(properties.MessageId, headers.Id);
        Assert.Equal(SignatureVerdict.Ok, StandardWebhooks.Verify(
            headers, got.Body.Span, [Link.Secret], TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(5)));
    }

    [Fact]
    public async Task One_unroutable_message_does_not_fail_the_other_499()
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri, "crm");
        var batch = Link.Events("crm", 500);
        batch[250] = Link.Event("nowhere");

        var results = await link.Channel.SendAsync(batch, Cancellation);

        Assert.Equal(AttemptOutcome.Unroutable, results[250].Outcome);
        Assert.Equal(499, results.Count(result => result.Outcome == AttemptOutcome.Sent));
        Assert.Equal(499u, await CountAsync(uri, "optout.crm"));

        // The queue is made on the way, so the next try goes through.
        var again = await link.Channel.SendAsync([batch[250]], Cancellation);
        Assert.Equal(AttemptOutcome.Sent, Assert.Single(again).Outcome);
        Assert.Equal(1u, await CountAsync(uri, "optout.nowhere"));
    }

    [Fact]
    public async Task A_message_that_the_broker_refuses_does_not_fail_the_others()
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri, "crm");
        await using var connection = await ConnectAsync(uri);
        await using var channel = await connection.CreateChannelAsync(null, Cancellation);
        await channel.QueueDeclareAsync(
            "full", durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-max-length"] = 0, ["x-overflow"] = "reject-publish" },
            cancellationToken: Cancellation);
        await channel.QueueBindAsync("full", "optout.events", "full", cancellationToken: Cancellation);
        var batch = Link.Events("crm", 100);
        batch[7] = Link.Event("full");

        var results = await link.Channel.SendAsync(batch, Cancellation);

        Assert.Equal(AttemptOutcome.RefusedByBroker, results[7].Outcome);
        Assert.Equal(99, results.Count(result => result.Outcome == AttemptOutcome.Sent));
    }

    [Fact]
    public async Task Without_a_broker_the_answer_is_unavailable_at_once()
    {
        await using var link = await Link.StartAsync(new Uri("amqp://guest:guest@127.0.0.1:1/"), "crm");
        var started = TimeProvider.System.GetTimestamp();

        var results = await link.Channel.SendAsync(Link.Events("crm", 500), Cancellation);

        Assert.All(results, result => Assert.Equal(AttemptOutcome.Unavailable, result.Outcome));
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task What_was_sent_before_the_broker_closed_the_connection_is_there_and_the_rest_goes_after()
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri, "crm");
        var open = new Queue<OutgoingDelivery>(Link.Events("crm", 20_000));
        var closing = Task.Run(async () =>
        {
            await Link.UntilAsync(() => open.Count < 19_000);
            return await servers.CloseConnectionsAsync(uri);
        }, Cancellation);

        var failed = 0;
        var sent = new HashSet<Guid>();
        var deadline = TimeProvider.System.GetTimestamp();
        while (open.Count > 0 || !closing.IsCompleted)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(deadline) < TimeSpan.FromSeconds(60));
            if (open.Count == 0)
            {
                open.Enqueue(Link.Event("crm"));
            }

            var batch = new List<OutgoingDelivery>();
            while (batch.Count < 500 && open.TryDequeue(out var next))
            {
                batch.Add(next);
            }

            var results = await link.Channel.SendAsync(batch, Cancellation);
            for (var index = 0; index < batch.Count; index++)
            {
                if (results[index].Outcome == AttemptOutcome.Sent)
                {
                    sent.Add(batch[index].DeliveryId);
                    continue;
                }

                Assert.Equal(AttemptOutcome.Unavailable, results[index].Outcome);
                open.Enqueue(batch[index]);
                failed++;
            }

            if (results[^1].Outcome == AttemptOutcome.Unavailable)
            {
                await Task.Delay(50, Cancellation);
            }
        }

        Assert.True(await closing > 0);
        Assert.True(failed > 0, "The connection was closed too late to matter.");
        var waiting = await DrainAsync(uri, "optout.crm");
        Assert.Empty(sent.Select(id => $"dlv_{id:N}").Except(waiting, StringComparer.Ordinal));
    }

    private static async Task<IConnection> ConnectAsync(Uri uri) =>
        await new ConnectionFactory { Uri = uri, ClientProvidedName = "outsider" }.CreateConnectionAsync(Cancellation);

    private static async Task<BasicGetResult> GetAsync(Uri uri, string queue)
    {
        await using var connection = await ConnectAsync(uri);
        await using var channel = await connection.CreateChannelAsync(null, Cancellation);
        return (await channel.BasicGetAsync(queue, autoAck: true, Cancellation))!;
    }

    private static async Task<uint> CountAsync(Uri uri, string queue)
    {
        await using var connection = await ConnectAsync(uri);
        await using var channel = await connection.CreateChannelAsync(null, Cancellation);
        return await channel.MessageCountAsync(queue, Cancellation);
    }

    private static async Task<HashSet<string>> DrainAsync(Uri uri, string queue)
    {
        await using var connection = await ConnectAsync(uri);
        await using var channel = await connection.CreateChannelAsync(null, Cancellation);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        while (await channel.BasicGetAsync(queue, autoAck: true, Cancellation) is { } got)
        {
            ids.Add(got.BasicProperties.MessageId!);
        }

        return ids;
    }

    private static string Text(IReadOnlyBasicProperties properties, string name) =>
        Encoding.UTF8.GetString((byte[])properties.Headers![name]!);
}
