using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OptOut.Contracts;
using OptOut.Subscriber.Acknowledging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace OptOut.Subscriber.RabbitMq;

/// <summary>Keeps one session with the broker alive, for as long as the process lives.</summary>
internal sealed class RabbitMqSubscriber(
    IServiceProvider services,
    DeliveryReception reception,
    AcknowledgementSigner signer,
    IOptions<OptOutSubscriberOptions> subscriber,
    IOptions<RabbitMqOptions> options,
    TimeProvider clock,
    ILogger<RabbitMqSubscriber> log) : BackgroundService
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan IdleLook = TimeSpan.FromSeconds(5);
    private const ushort NotFound = 404;

    private readonly string _queue = BrokerNames.Queue(subscriber.Value.System);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string? said = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            var cause = await ListenAsync(stoppingToken);
            if (stoppingToken.IsCancellationRequested) return;

            // An hour without a queue is one line, not thousands.
            if (cause != said) log.Waiting(_queue, cause);
            said = cause;
            await Task.Delay(options.Value.ReconnectDelay, clock, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Ends when the connection, the channel or the queue does; says why.
    private async Task<string> ListenAsync(CancellationToken stopping)
    {
        try
        {
            await using var connection = await Factory().CreateConnectionAsync(stopping);
            await using var publishing = await connection.CreateChannelAsync(Confirmed(), stopping);
            IAcknowledgementSender sender = services.GetService<HttpAcknowledgements>() as IAcknowledgementSender
                ?? new AmqpAcknowledgements(publishing, subscriber.Value.System, signer);
            var listening = false;
            do
            {
                await using var consuming = await connection.CreateChannelAsync(Plain(), stopping);
                await consuming.BasicQosAsync(0, options.Value.Prefetch, global: false, stopping);
                await using var consumer = new EventConsumer(consuming, publishing, reception, sender, stopping);
                await consuming.BasicConsumeAsync(_queue, autoAck: false, consumer, stopping);
                if (!listening) log.Listening(_queue);
                listening = await IsSilentAsync(consumer, stopping);
            }
            while (listening);
            return "connection_lost";
        }
        catch (OperationInterruptedException refused) when (refused.ShutdownReason?.ReplyCode == NotFound)
        {
            return "no_such_queue";
        }
        catch (BrokerUnreachableException)
        {
            return "broker_unreachable";
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return "stopping";
        }
        catch (Exception failure)
        {
            return failure.GetType().Name;
        }
    }

    // True after a silence, false when the session ended. A broker may forget a consumer without a word when its queue
    // is deleted and made again at once: the connection stays up, and silence looks like peace. It keeps what it knows
    // of a queue per channel, and may count a consumer that it no longer reaches: only a new channel is sure to hear.
    private async Task<bool> IsSilentAsync(EventConsumer consumer, CancellationToken stopping)
    {
        using var look = new PeriodicTimer(IdleLook, clock);
        while (true)
        {
            var next = look.WaitForNextTickAsync(stopping).AsTask();
            if (await Task.WhenAny(consumer.Ended, next) == consumer.Ended) return false;
            await next;
            if (consumer.IsIdleSinceLastLook()) return true;
        }
    }

    // Recovery is ours: one loop, one pause, nothing redeclared.
    private ConnectionFactory Factory() => new()
    {
        Uri = new Uri(options.Value.Uri),
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
        RequestedHeartbeat = options.Value.Heartbeat,
        RequestedConnectionTimeout = ConnectTimeout,
        ContinuationTimeout = ConnectTimeout,
        HandshakeContinuationTimeout = ConnectTimeout,
        ClientProvidedName = $"optout-subscriber {subscriber.Value.System}",
    };

    private CreateChannelOptions Plain() => new(
        publisherConfirmationsEnabled: false,
        publisherConfirmationTrackingEnabled: false,
        consumerDispatchConcurrency: options.Value.Concurrency);

    // At most one acknowledgement is outstanding for each notice in work, so their number is the window's bound.
    private static CreateChannelOptions Confirmed() => new(
        publisherConfirmationsEnabled: true,
        publisherConfirmationTrackingEnabled: true,
        outstandingPublisherConfirmationsRateLimiter: null);
}
