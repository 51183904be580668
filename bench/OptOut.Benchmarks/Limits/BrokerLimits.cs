using System.Diagnostics;
using OptOut.Benchmarks.Servers;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace OptOut.Benchmarks.Limits;

/// <summary>What the bare client does with one quorum queue and messages of an event's size.</summary>
internal static class BrokerLimits
{
    public const int BodyBytes = 850;

    private const string Queue = "bench.limit";
    private const int Window = 256;
    private const ushort Prefetch = 500;
    private const int AckEvery = 100;
    private static readonly TimeSpan Lead = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ConfirmLimit = TimeSpan.FromSeconds(15);

    public static async Task<double> PublishAsync(BenchServers servers, TimeSpan span, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(servers, cancellationToken);
        await using var channel = await OpenAsync(connection, cancellationToken);
        var rate = await PublishAsync(channel, span, cancellationToken);
        await channel.QueueDeleteAsync(Queue, cancellationToken: cancellationToken);
        return rate;
    }

    public static async Task<double> ConsumeAsync(BenchServers servers, TimeSpan span, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(servers, cancellationToken);
        await using var channel = await OpenAsync(connection, cancellationToken);
        // Consuming is the faster of the two: twice the time to fill, and the rate ends with the last message.
        await PublishAsync(channel, 2 * span, cancellationToken);
        var waiting = await channel.MessageCountAsync(Queue, cancellationToken);
        var rate = await ConsumeAllAsync(channel, waiting, cancellationToken);
        await channel.QueueDeleteAsync(Queue, cancellationToken: cancellationToken);
        return rate;
    }

    private static Task<IConnection> ConnectAsync(BenchServers servers, CancellationToken cancellationToken) =>
        new ConnectionFactory { Uri = servers.BrokerUri, ClientProvidedName = "bench limit" }
            .CreateConnectionAsync(cancellationToken);

    private static async Task<IChannel> OpenAsync(IConnection connection, CancellationToken cancellationToken)
    {
        // The client's own tracking adds a header to each message: counted here, as cheaply as can be.
        var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false),
            cancellationToken);
        await channel.QueueDeclareAsync(Queue, durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }, cancellationToken: cancellationToken);
        await channel.QueuePurgeAsync(Queue, cancellationToken);
        return channel;
    }

    private static async Task<double> PublishAsync(IChannel channel, TimeSpan span, CancellationToken cancellationToken)
    {
        var window = new PublishWindow(Window);
        var properties = new BasicProperties { Persistent = true, ContentType = "application/json" };
        var body = new byte[BodyBytes];
        AsyncEventHandler<BasicAckEventArgs> onAck = (_, ack) =>
        {
            window.Confirm(ack.DeliveryTag, ack.Multiple);
            return Task.CompletedTask;
        };
        channel.BasicAcksAsync += onAck;
        var started = Stopwatch.GetTimestamp();
        long atLead = -1;
        while (Stopwatch.GetElapsedTime(started) is var elapsed && elapsed < Lead + span)
        {
            if (atLead < 0 && elapsed >= Lead)
                (atLead, started, span) = (window.Confirmed, Stopwatch.GetTimestamp(), span - Lead);
            var room = window.EnterAsync();
            if (!room.IsCompleted)
                await room.AsTask().WaitAsync(ConfirmLimit, cancellationToken);
            await channel.BasicPublishAsync("", Queue, mandatory: true, properties, body, cancellationToken);
        }

        var rate = (window.Confirmed - atLead) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        channel.BasicAcksAsync -= onAck;
        return rate;
    }

    private static async Task<double> ConsumeAllAsync(IChannel channel, uint waiting, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        uint taken = 0;
        await channel.BasicQosAsync(0, Prefetch, global: false, cancellationToken);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, message) =>
        {
            if (++taken % AckEvery == 0 || taken == waiting)
                await channel.BasicAckAsync(message.DeliveryTag, multiple: true, CancellationToken.None);
            if (taken == waiting)
                done.TrySetResult();
        };
        var started = Stopwatch.GetTimestamp();
        await channel.BasicConsumeAsync(Queue, autoAck: false, consumer, cancellationToken);
        await done.Task.WaitAsync(TimeSpan.FromMinutes(2), cancellationToken);
        return waiting / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
