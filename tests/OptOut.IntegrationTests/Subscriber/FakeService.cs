using System.Text;
using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.IntegrationTests.Subscriber;

/// <summary>The service's side of the broker: declares what it would declare, tells events, takes acknowledgements.</summary>
internal sealed class FakeService : IAsyncDisposable
{
    internal const string System = "crm";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly IConnection _connection;
    private readonly IChannel _channel;

    private FakeService(IConnection connection, IChannel channel) => (_connection, _channel) = (connection, channel);

    internal WebhookSecret Secret { get; private init; } = WebhookSecret.Generate();

    internal static async Task<FakeService> ConnectAsync(Uri broker, bool declare = true, WebhookSecret? secret = null)
    {
        var connection = await new ConnectionFactory { Uri = broker }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        var service = new FakeService(connection, channel) { Secret = secret ?? WebhookSecret.Generate() };
        if (declare) await service.DeclareAsync();
        return service;
    }

    internal async Task DeclareAsync()
    {
        await _channel.ExchangeDeclareAsync(BrokerNames.EventsExchange, ExchangeType.Topic, durable: true);
        await _channel.ExchangeDeclareAsync(BrokerNames.AcknowledgementsExchange, ExchangeType.Topic, durable: true);
        await QueueAsync(BrokerNames.DeadLetterQueue(System));
        await QueueAsync(BrokerNames.AcknowledgementsQueue);
        await QueueAsync(BrokerNames.Queue(System), new Dictionary<string, object?>
        {
            ["x-dead-letter-exchange"] = "",
            ["x-dead-letter-routing-key"] = BrokerNames.DeadLetterQueue(System),
            ["x-delivery-limit"] = 100,
        });
        await _channel.QueueBindAsync(BrokerNames.Queue(System), BrokerNames.EventsExchange, System);
        await ListenAsync(true);
    }

    /// <summary>Whether acknowledgements find a queue; without one the broker returns them.</summary>
    internal Task ListenAsync(bool listening) => listening
        ? _channel.QueueBindAsync(BrokerNames.AcknowledgementsQueue, BrokerNames.AcknowledgementsExchange, "#")
        : _channel.QueueUnbindAsync(BrokerNames.AcknowledgementsQueue, BrokerNames.AcknowledgementsExchange, "#");

    internal Task TellAsync(OptOutEvent told) => TellAsync(told.ToUtf8Bytes());

    internal async Task TellAsync(byte[] body, WebhookSecret? signedWith = null)
    {
        var signed = StandardWebhooks.SignAll([signedWith ?? Secret], "dlv_x", TimeProvider.System.GetUtcNow(), body);
        var properties = new BasicProperties
        {
            ContentType = OptOutEvent.ContentType,
            Persistent = true,
            Headers = new Dictionary<string, object?>
            {
                [WebhookHeaders.IdName] = signed.Id,
                [WebhookHeaders.TimestampName] = signed.Timestamp,
                [WebhookHeaders.SignatureName] = signed.Signature,
            },
        };
        await _channel.BasicPublishAsync(BrokerNames.EventsExchange, System, mandatory: true, properties, body);
    }

    /// <summary>The next acknowledgement, checked like the service would.</summary>
    internal async Task<Acknowledgement> TakeAsync() => (await TakeWithTraceAsync()).Said;

    internal async Task<(Acknowledgement Said, string? Trace)> TakeWithTraceAsync()
    {
        BasicGetResult? got = null;
        await UntilAsync(async () =>
            (got = await _channel.BasicGetAsync(BrokerNames.AcknowledgementsQueue, autoAck: true)) is not null);
        var headers = got!.BasicProperties.Headers!;
        var signature = new WebhookHeaders(
            Text(WebhookHeaders.IdName), Text(WebhookHeaders.TimestampName), Text(WebhookHeaders.SignatureName));
        Assert.Equal(SignatureVerdict.Ok, StandardWebhooks.Verify(
            signature, got.Body.Span, [Secret], TimeProvider.System.GetUtcNow(), ContractLimits.SignatureTolerance));
        Assert.Equal(System, got.RoutingKey);
        Assert.True(got.BasicProperties.Persistent);
        return (Acknowledgement.TryParse(got.Body.Span)!, Text(BrokerNames.TraceParentHeader));

        string? Text(string name) => headers.TryGetValue(name, out var value) ? Encoding.UTF8.GetString((byte[])value!) : null;
    }

    /// <summary>Nobody takes from the queue any more, and it holds nothing.</summary>
    internal async Task<bool> IsLeftEmptyAsync(string queue) =>
        await _channel.QueueDeclarePassiveAsync(queue) is { ConsumerCount: 0, MessageCount: 0 };

    /// <summary>Waits until a queue holds so many messages.</summary>
    internal Task CountsAsync(string queue, uint count) =>
        UntilAsync(async () => await _channel.MessageCountAsync(queue) == count);

    internal static async Task UntilAsync(Func<Task<bool>> holds)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var started = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Deadline, "It did not come about in time.");
            await Task.Delay(Look, TimeProvider.System, cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private Task<QueueDeclareOk> QueueAsync(string name, Dictionary<string, object?>? arguments = null) =>
        _channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?>(arguments ?? []) { ["x-queue-type"] = "quorum" });
}
