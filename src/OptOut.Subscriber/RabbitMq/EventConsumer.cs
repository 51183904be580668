using OptOut.Subscriber.Acknowledging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace OptOut.Subscriber.RabbitMq;

/// <summary>Takes messages of one channel until it, its queue, or the channel of the acknowledgements ends.</summary>
internal sealed class EventConsumer : AsyncDefaultBasicConsumer, IAsyncDisposable
{
    private readonly IChannel _publishing;
    private readonly DeliveryReception _reception;
    private readonly IAcknowledgementSender _sender;
    private readonly CancellationTokenSource _session = new();
    private readonly CancellationTokenRegistration _stop;
    private int _came;
    private int _inWork;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal EventConsumer(
        IChannel consuming,
        IChannel publishing,
        DeliveryReception reception,
        IAcknowledgementSender sender,
        CancellationToken stopping)
        : base(consuming)
    {
        (_publishing, _reception, _sender) = (publishing, reception, sender);

        // What is in work when the session ends is given up: the broker delivers it again to the next one.
        _stop = stopping.Register(End);
        consuming.ChannelShutdownAsync += EndAsync;
        publishing.ChannelShutdownAsync += EndAsync;
    }

    /// <summary>Done when nothing more will come.</summary>
    internal Task Ended => _ended.Task;

    public override async Task HandleBasicDeliverAsync(
        string consumerTag,
        ulong deliveryTag,
        bool redelivered,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _came);
        Interlocked.Increment(ref _inWork);
        try
        {
            var headers = AmqpHeaders.Signature(properties);
            var settlement = await _reception.ReceiveAsync(headers, body, _sender, _session.Token);
            await (settlement switch
            {
                Settlement.Ack => Channel.BasicAckAsync(deliveryTag, multiple: false, _session.Token),
                Settlement.Reject => Channel.BasicRejectAsync(deliveryTag, requeue: false, _session.Token),
                _ => Channel.BasicRejectAsync(deliveryTag, requeue: true, _session.Token),
            });
        }
        catch (Exception)
        {
            // Not settled, so it comes again; a channel that cannot settle is of no more use.
            End();
        }
        finally
        {
            Interlocked.Decrement(ref _inWork);
        }
    }

    /// <summary>True if nothing has come since the last look and nothing is in work.</summary>
    internal bool IsIdleSinceLastLook() => Interlocked.Exchange(ref _came, 0) == 0 && Volatile.Read(ref _inWork) == 0;

    protected override Task OnCancelAsync(string[] consumerTags, CancellationToken cancellationToken = default)
    {
        End();
        return base.OnCancelAsync(consumerTags, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        Channel.ChannelShutdownAsync -= EndAsync;
        _publishing.ChannelShutdownAsync -= EndAsync;
        End();
        return _stop.DisposeAsync();
    }

    private Task EndAsync(object sender, ShutdownEventArgs reason)
    {
        End();
        return Task.CompletedTask;
    }

    private void End()
    {
        if (_ended.TrySetResult()) _session.Cancel();
    }
}
