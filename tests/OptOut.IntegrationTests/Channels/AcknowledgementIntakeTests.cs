using System.Globalization;
using System.Text;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Channels;

public sealed class AcknowledgementIntakeTests(Servers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/vnd.masstransit+json")]
    [InlineData("not a content type")]
    [InlineData(null)]
    public async Task Any_bytes_reach_the_sink_as_they_came(string? contentType)
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri);
        var sink = new RecordingSink();
        await link.StartIntakeAsync(sink);
        byte[][] bodies = [[], [0xff, 0xfe, 0x00], "{\"deliveryId\":"u8.ToArray(), new byte[200_000]];

        await RecordingSink.PublishAsync(uri, bodies, properties =>
        {
            if (contentType is not null)
            {
                properties.ContentType = contentType;
            }

            properties.Headers = new Dictionary<string, object?>
            {
                ["webhook-id"] = "msg_1",
                ["webhook-timestamp"] = "1614265330",
                ["webhook-signature"] = 42,
                ["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            };
        });

        await Link.UntilAsync(() => sink.Taken.Count == 4);
        Assert.Equal(bodies, sink.Taken.Select(message => message.Body.ToArray()).OrderBy(body => body.Length));
        Assert.All(sink.Taken, message =>
        {
            Assert.Equal("crm", message.RoutingKey);
            Assert.Equal("msg_1", message.WebhookId);
            Assert.Equal("1614265330", message.WebhookTimestamp);
            Assert.Null(message.WebhookSignature);
            Assert.Equal("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", message.TraceParent);
        });
        await EmptyAsync(link, uri);
    }

    [Fact]
    public async Task Nothing_leaves_the_queue_while_the_sink_fails_and_all_of_it_once_it_works()
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri);
        var sink = new RecordingSink { Fails = _ => new TimeoutException() };
        await link.StartIntakeAsync(sink);
        await RecordingSink.PublishAsync(uri, Bodies(50));
        await Link.UntilAsync(() => sink.Calls >= 3);

        await link.StopIntakeAsync();
        await Link.UntilAsync(async () => await CountAsync(uri) == 50); // The broker puts them back in its own time.

        sink.Fails = _ => null;
        await link.StartIntakeAsync(sink);
        await Link.UntilAsync(() => sink.Taken.Count >= 50);
        Assert.Equal(50, sink.Taken.Select(Text).Distinct().Count());
        await EmptyAsync(link, uri);
    }

    [Fact]
    public async Task The_same_intake_goes_on_by_itself_when_the_sink_works_again()
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri);
        var sink = new RecordingSink { Fails = _ => new TimeoutException() };
        await link.StartIntakeAsync(sink);
        await RecordingSink.PublishAsync(uri, Bodies(1_500));
        await Link.UntilAsync(() => sink.Calls >= 4);

        sink.Fails = _ => null;

        await Link.UntilAsync(() => sink.Taken.Count == 1_500);
        await EmptyAsync(link, uri);
    }

    [Fact]
    public async Task One_message_that_the_sink_can_not_take_does_not_stop_the_others()
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri);
        var sink = new RecordingSink
        {
            Fails = batch => batch.Any(message => Text(message) == "17") ? new InvalidOperationException() : null,
        };
        await link.StartIntakeAsync(sink);

        await RecordingSink.PublishAsync(uri, Bodies(100));

        await Link.UntilAsync(() => sink.Taken.Count == 99);
        sink.Fails = _ => null;
        await Link.UntilAsync(() => sink.Taken.Count == 100);
    }

    [Fact]
    public async Task Taking_goes_on_seconds_after_the_broker_closed_the_connections()
    {
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri);
        var sink = new RecordingSink();
        await link.StartIntakeAsync(sink);
        await RecordingSink.WaitForIntakeAsync(uri, sink);

        await Link.UntilAsync(() => sink.Calls > 0);
        Assert.True(await servers.CloseConnectionsAsync(uri) > 0);
        var closedAt = TimeProvider.System.GetTimestamp();
        await RecordingSink.PublishAsync(uri, Bodies(10));

        await Link.UntilAsync(() => sink.Taken.Select(Text).Distinct().Count() == 10, TimeSpan.FromSeconds(8));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"resumed after {TimeProvider.System.GetElapsedTime(closedAt).TotalSeconds:F1} s");
    }

    [Fact]
    public async Task A_backlog_of_thirty_thousand_is_taken_within_seconds()
    {
        const int Count = 30_000;
        var uri = await servers.CreateVhostAsync();
        await using var link = await Link.ReadyAsync(uri);
        await RecordingSink.PublishAsync(uri, Bodies(Count));
        var sink = new RecordingSink();
        await link.StartIntakeAsync(sink);
        await Link.UntilAsync(() => sink.Taken.Count > 1_000);
        var before = sink.Taken.Count;
        var started = TimeProvider.System.GetTimestamp();

        await Link.UntilAsync(() => sink.Taken.Count == Count);

        var rate = (Count - before) / TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine($"{rate:F0} acknowledgements/s in {sink.Calls} batches");
    }

    private static IEnumerable<byte[]> Bodies(int count) => Enumerable.Range(0, count)
        .Select(number => Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)));

    private static string Text(OptOut.Service.Propagation.Channels.IncomingAcknowledgement message) =>
        Encoding.UTF8.GetString(message.Body.Span);

    // After a graceful stop every message that was not taken is ready again: none may be.
    private static async Task EmptyAsync(Link link, Uri uri)
    {
        await link.StopIntakeAsync();
        Assert.Equal(0u, await CountAsync(uri));
    }

    private static async Task<uint> CountAsync(Uri uri)
    {
        await using var connection = await new RabbitMQ.Client.ConnectionFactory { Uri = uri }
            .CreateConnectionAsync(Cancellation);
        await using var channel = await connection.CreateChannelAsync(null, Cancellation);
        return await channel.MessageCountAsync("optout.acks", Cancellation);
    }
}
