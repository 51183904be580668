using OptOut.Contracts;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>
/// Publishes batches on one channel with many confirms outstanding, one batch at a time. Confirms are counted here:
/// the client's own tracking adds a header to every message, and its limiter is far slower than the window.
/// </summary>
internal sealed class ConfirmedPublisher : IAsyncDisposable
{
    private readonly IChannel _channel;
    private readonly TimeSpan _confirmTimeout;
    private readonly TimeSpan _silence;
    private readonly TimeProvider _clock;
    private volatile ConfirmedBatch? _batch;
    private volatile bool _broken;

    private ConfirmedPublisher(IConnection connection, IChannel channel, RabbitMqOptions bounds, TimeProvider clock)
    {
        (Connection, _channel, _clock) = (connection, channel, clock);
        (_confirmTimeout, _silence) = (bounds.ConfirmTimeout, bounds.ConfirmSilence);
        channel.BasicAcksAsync += (_, confirm) => OnConfirm(confirm.DeliveryTag, confirm.Multiple, accepted: true);
        channel.BasicNacksAsync += (_, confirm) => OnConfirm(confirm.DeliveryTag, confirm.Multiple, accepted: false);
        channel.BasicReturnAsync += OnReturn;
        channel.ChannelShutdownAsync += OnShutdown;
    }

    public IConnection Connection { get; }

    /// <summary>False once the channel has ended or owes a confirm: then it is thrown away.</summary>
    public bool IsUsable => !_broken && _channel.IsOpen;

    public static async Task<ConfirmedPublisher> OpenAsync(
        IConnection connection, RabbitMqOptions bounds, TimeProvider clock, CancellationToken cancellationToken)
    {
        var options = new CreateChannelOptions(
            publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false);
        var channel = await connection.CreateChannelAsync(options, cancellationToken).ConfigureAwait(false);
        return new ConfirmedPublisher(connection, channel, bounds, clock);
    }

    public async Task<AttemptResult[]> PublishAsync(
        IReadOnlyList<OutgoingDelivery> deliveries, CancellationToken cancellationToken)
    {
        // Publishing 500 small messages takes milliseconds; a socket that does not drain ends it here.
        using var bound = new CancellationTokenSource(_confirmTimeout, _clock);
        try
        {
            var first = await _channel.GetNextPublishSequenceNumberAsync(bound.Token).ConfigureAwait(false);
            var batch = _batch = new ConfirmedBatch(deliveries.Count, first);
            await PublishAllAsync(batch, deliveries, bound.Token, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (BrokerTrouble.IsAway(exception, CancellationToken.None))
        {
            _broken = true;
        }

        return await ResultsAsync(deliveries.Count, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        _broken = true;
        return new ValueTask(BrokerTrouble.DisposeQuietlyAsync(_channel));
    }

    private async Task PublishAllAsync(
        ConfirmedBatch batch,
        IReadOnlyList<OutgoingDelivery> deliveries,
        CancellationToken bound,
        CancellationToken stopping)
    {
        for (var index = 0; index < deliveries.Count && !_broken && !stopping.IsCancellationRequested; index++)
        {
            if (!await HeardAsync(batch, batch.RoomAsync(), bound).ConfigureAwait(false))
            {
                _broken = true;
                return;
            }

            var delivery = deliveries[index];
            var messageId = EventMessage.MessageId(delivery);
            var now = _clock.GetUtcNow();
            var properties = EventMessage.Properties(delivery, messageId, now);
            batch.Publishing(index, messageId, now);
            await _channel.BasicPublishAsync(
                BrokerNames.EventsExchange, delivery.Target.Name, mandatory: true, properties, delivery.Body, bound)
                .ConfigureAwait(false);
        }
    }

    private async Task<AttemptResult[]> ResultsAsync(int count, CancellationToken cancellationToken)
    {
        if (_batch is not { } batch)
        {
            var now = _clock.GetUtcNow();
            return AllUnavailable(count, now);
        }

        batch.Complete();
        // A channel that was given up for its silence still has its connection: what it owes has timed out.
        var silent = _broken && _channel.IsOpen;
        if (_broken)
        {
            batch.ChannelLost();
        }

        // Confirms of what is out are awaited while stopping, too: they are milliseconds away.
        using var bound = new CancellationTokenSource(_confirmTimeout, _clock);
        var timedOut = silent || !await HeardAsync(batch, batch.Answered, bound.Token).ConfigureAwait(false);

        _batch = null;
        _broken |= batch.Unconfirmed > 0;
        return batch.Results(
            unconfirmed: timedOut ? AttemptOutcome.TimedOut : AttemptOutcome.Unavailable,
            unpublished: cancellationToken.IsCancellationRequested
                ? AttemptOutcome.Interrupted
                : AttemptOutcome.Unavailable,
            _clock.GetUtcNow());
    }

    /// <summary>True when the task has ended; false where no confirm came for too long, or time is up.</summary>
    private async Task<bool> HeardAsync(ConfirmedBatch batch, Task task, CancellationToken bound)
    {
        while (true)
        {
            var before = batch.Unconfirmed;
            try
            {
                await task.WaitAsync(_silence, _clock, bound).ConfigureAwait(false);
                return true;
            }
            catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
            {
                if (bound.IsCancellationRequested || batch.Unconfirmed == before)
                {
                    return false;
                }
            }
        }
    }

    public static AttemptResult[] AllUnavailable(int count, DateTimeOffset now)
    {
        var results = new AttemptResult[count];
        Array.Fill(results, new AttemptResult(AttemptOutcome.Unavailable, now, now));
        return results;
    }

    private Task OnConfirm(ulong sequence, bool multiple, bool accepted)
    {
        _batch?.Confirmed(sequence, multiple, accepted, _clock.GetUtcNow());
        return Task.CompletedTask;
    }

    private Task OnReturn(object sender, BasicReturnEventArgs returned)
    {
        _batch?.Returned(returned.BasicProperties.MessageId);
        return Task.CompletedTask;
    }

    private Task OnShutdown(object sender, ShutdownEventArgs reason)
    {
        _broken = true;
        _batch?.ChannelLost();
        return Task.CompletedTask;
    }
}
