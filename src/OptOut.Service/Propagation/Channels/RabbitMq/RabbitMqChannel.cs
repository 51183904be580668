using System.Collections.Concurrent;
using RabbitMQ.Client;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>
/// Hands events to the broker and waits for its word on each: confirmed, returned, refused or nothing.
/// </summary>
internal sealed class RabbitMqChannel(
    RabbitMqOptions options,
    RabbitMqLink link,
    RabbitMqTopology topology,
    TimeProvider clock,
    ILogger<RabbitMqChannel> logger) : IDeliveryChannel, IAsyncDisposable
{
    private readonly ConcurrentStack<ConfirmedPublisher> _idle = new();
    private readonly SemaphoreSlim _slots = new(options.MaxConcurrentBatches);
    private readonly SilentQueues _silent = new(clock);

    public string Type => ChannelTypes.RabbitMq;

    public int BatchSize => 500;

    public async ValueTask<AttemptResult[]> SendAsync(
        IReadOnlyList<OutgoingDelivery> batch, CancellationToken cancellationToken)
    {
        if (batch.Count > BatchSize)
        {
            throw new ArgumentOutOfRangeException(nameof(batch), $"A batch is at most {BatchSize}.");
        }

        if (link.Publishing is not { } connection)
        {
            return ConfirmedPublisher.AllUnavailable(batch.Count, clock.GetUtcNow());
        }

        await _slots.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        AttemptResult[] results;
        try
        {
            results = await PublishAsync(connection, batch, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }

        await RedeclareUnroutableAsync(batch, results, cancellationToken).ConfigureAwait(false);
        await RemakeSilentAsync(batch, results, cancellationToken).ConfigureAwait(false);
        return results;
    }

    public async ValueTask DisposeAsync()
    {
        while (_idle.TryPop(out var publisher))
        {
            await publisher.DisposeAsync().ConfigureAwait(false);
        }

        _slots.Dispose();
    }

    private async Task<AttemptResult[]> PublishAsync(
        IConnection connection, IReadOnlyList<OutgoingDelivery> batch, CancellationToken cancellationToken)
    {
        if (await RentAsync(connection).ConfigureAwait(false) is not { } publisher)
        {
            return ConfirmedPublisher.AllUnavailable(batch.Count, clock.GetUtcNow());
        }

        var results = await publisher.PublishAsync(batch, cancellationToken).ConfigureAwait(false);
        if (publisher.IsUsable)
        {
            _idle.Push(publisher);
        }
        else
        {
            RabbitMqLog.PublisherBroken(logger, results.Count(Unanswered));
            await publisher.DisposeAsync().ConfigureAwait(false);
        }

        return results;
    }

    private async Task<ConfirmedPublisher?> RentAsync(IConnection connection)
    {
        while (_idle.TryPop(out var idle))
        {
            if (idle.IsUsable && ReferenceEquals(idle.Connection, connection))
            {
                return idle;
            }

            await idle.DisposeAsync().ConfigureAwait(false);
        }

        using var bound = new CancellationTokenSource(options.OperationTimeout, clock);
        try
        {
            return await ConfirmedPublisher.OpenAsync(connection, options, clock, bound.Token)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (BrokerTrouble.IsAway(exception, CancellationToken.None))
        {
            return null;
        }
    }

    // The queue was deleted under us: it is made again, so that the next try finds it.
    private async Task RedeclareUnroutableAsync(
        IReadOnlyList<OutgoingDelivery> batch, AttemptResult[] results, CancellationToken cancellationToken)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < results.Length; index++)
        {
            if (results[index].Outcome == AttemptOutcome.Unroutable && names.Add(batch[index].Target.Name)
                && !cancellationToken.IsCancellationRequested)
            {
                await topology.EnsureSystemAsync(batch[index].Target.Name, CancellationToken.None)
                    .ConfigureAwait(false);
            }
        }
    }

    // The broker is there and says nothing about this queue's messages: after a while the queue is looked into.
    private async Task RemakeSilentAsync(
        IReadOnlyList<OutgoingDelivery> batch, AttemptResult[] results, CancellationToken cancellationToken)
    {
        var answered = new HashSet<string>(StringComparer.Ordinal);
        var unanswered = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < results.Length; index++)
        {
            var names = results[index].Outcome switch
            {
                AttemptOutcome.Sent or AttemptOutcome.Unroutable or AttemptOutcome.RefusedByBroker => answered,
                AttemptOutcome.TimedOut => unanswered,
                _ => null,
            };
            names?.Add(batch[index].Target.Name);
        }

        foreach (var name in answered)
        {
            _silent.Heard(name);
            topology.Heard(name);
        }

        foreach (var name in unanswered.Except(answered))
        {
            if (_silent.HasFallenSilent(name) && !cancellationToken.IsCancellationRequested)
            {
                var remade = await topology.RemakeSilentAsync(name, CancellationToken.None).ConfigureAwait(false);
                RabbitMqLog.QueueSilent(logger, name, remade);
                _silent.Heard(name);
            }
        }
    }

    private static bool Unanswered(AttemptResult result) =>
        result.Outcome is AttemptOutcome.Unavailable or AttemptOutcome.TimedOut;
}
