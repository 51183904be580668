using System.Text.Json;
using System.Text.Unicode;
using OptOut.Benchmarks.Service;
using OptOut.Contracts;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace OptOut.Benchmarks.Load;

/// <summary>
/// One downstream system at its leanest, on the bare client: reads an event, signs that it is applied, publishes the
/// acknowledgement, and acknowledges to the broker in hundreds. It applies nothing: what is measured is the way.
/// </summary>
internal sealed class Subscriber : IAsyncDisposable
{
    private const ushort Prefetch = 500;
    private const int AckEvery = 100;
    private readonly IConnection connection;
    private readonly IChannel channel;
    private readonly BenchSystem system;
    private readonly WebhookSecret[] secrets;
    private long acknowledged;
    private ulong lastTag;

    private Subscriber(IConnection connection, IChannel channel, BenchSystem system)
    {
        this.connection = connection;
        this.channel = channel;
        this.system = system;
        secrets = [system.Secret];
    }

    /// <summary>Acknowledgements handed to the broker so far.</summary>
    public long Acknowledged => Interlocked.Read(ref acknowledged);

    public static async Task<Subscriber> StartAsync(Uri broker, BenchSystem system, CancellationToken cancellationToken)
    {
        var connection = await new ConnectionFactory { Uri = broker, ClientProvidedName = $"bench {system.Name}" }
            .CreateConnectionAsync(cancellationToken);
        var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await channel.BasicQosAsync(0, Prefetch, global: false, cancellationToken);
        var subscriber = new Subscriber(connection, channel, system);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, message) => subscriber.TakeAsync(message);
        await channel.BasicConsumeAsync(BrokerNames.Queue(system.Name), autoAck: false, consumer, cancellationToken);
        return subscriber;
    }

    public async ValueTask DisposeAsync()
    {
        if (channel.IsOpen && lastTag > 0)
            await channel.BasicAckAsync(lastTag, multiple: true, CancellationToken.None);
        await channel.DisposeAsync();
        await connection.DisposeAsync();
    }

    private async Task TakeAsync(BasicDeliverEventArgs message)
    {
        var now = TimeProvider.System.GetUtcNow();
        var id = $"msg_{Guid.CreateVersion7(now):N}";
        var body = Answer(message.Body.Span, now);
        var signed = StandardWebhooks.SignAll(secrets, id, now, body);
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            Persistent = true,
            MessageId = id,
            Headers = new Dictionary<string, object?>(3)
            {
                [WebhookHeaders.IdName] = signed.Id,
                [WebhookHeaders.TimestampName] = signed.Timestamp,
                [WebhookHeaders.SignatureName] = signed.Signature,
            },
        };
        await channel.BasicPublishAsync(
            BrokerNames.AcknowledgementsExchange, system.Name, mandatory: false, properties, body, CancellationToken.None);
        lastTag = message.DeliveryTag;
        if (Interlocked.Increment(ref acknowledged) % AckEvery == 0)
            await channel.BasicAckAsync(message.DeliveryTag, multiple: true, CancellationToken.None);
    }

    /// <summary>The acknowledgement of an event: its four names back, and what was done.</summary>
    private static byte[] Answer(ReadOnlySpan<byte> message, DateTimeOffset now)
    {
        string? delivery = null, optOut = null, hash = null;
        var version = 0;
        var reader = new Utf8JsonReader(message);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 2)
                continue;
            if (reader.ValueTextEquals("deliveryId"u8))
                delivery = Text(ref reader);
            else if (reader.ValueTextEquals("optOutId"u8))
                optOut = Text(ref reader);
            else if (reader.ValueTextEquals("recordHash"u8))
                hash = Text(ref reader);
            else if (reader.ValueTextEquals("version"u8) && reader.Read())
                version = reader.GetInt32();
        }

        Span<byte> answer = stackalloc byte[512];
        Utf8.TryWrite(answer,
            $$"""{"deliveryId":"{{delivery}}","optOutId":"{{optOut}}","version":{{version}},"recordHash":"{{hash}}","outcome":"applied","appliedAt":"{{now.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}}","actions":[{"asset":"contacts","action":"suppressed","count":1}]}""",
            out var length);
        return answer[..length].ToArray();
    }

    private static string? Text(ref Utf8JsonReader reader) => reader.Read() ? reader.GetString() : null;
}
