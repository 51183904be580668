using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>The names and arguments, exactly. A change here is a change of what stands on every broker.</summary>
internal static class QueueDeclarations
{
    /// <summary>How often a system may let an event fall back before it goes to the dead letters.</summary>
    public const int DeliveryLimit = 20;

    /// <summary>
    /// Acknowledgements fall back only when our connection breaks, which is not their fault: the bound is there
    /// so that a broker's own default never applies.
    /// </summary>
    public const int AcknowledgementDeliveryLimit = 1_000_000;

    /// <summary>The oldest dead letters make room: what they were about is sent again by the clock.</summary>
    public const int DeadLetterLimit = 100_000;

    // A queue whose members do not answer is gone only after the broker has waited for them: five seconds in 3.10.
    private static readonly TimeSpan RemovalTimeout = TimeSpan.FromSeconds(15);

    private const string AcknowledgementsDeadLetters = BrokerNames.AcknowledgementsQueue + ".dead";

    public static async Task SharedAsync(DeclarationSteps steps, IQueueMemory memory)
    {
        await ExchangeAsync(steps, BrokerNames.EventsExchange).ConfigureAwait(false);
        await ExchangeAsync(steps, BrokerNames.AcknowledgementsExchange).ConfigureAwait(false);
        await AcknowledgementsAsync(steps, memory).ConfigureAwait(false);
    }

    public static async Task AcknowledgementsAsync(DeclarationSteps steps, IQueueMemory memory)
    {
        const string queue = BrokerNames.AcknowledgementsQueue;
        if (await QueueAsync(steps, memory, queue, AcknowledgementsDeadLetters, AcknowledgementDeliveryLimit)
            .ConfigureAwait(false))
        {
            await BindAsync(steps, queue, BrokerNames.AcknowledgementsExchange, "#").ConfigureAwait(false);
        }
    }

    public static async Task SystemAsync(DeclarationSteps steps, IQueueMemory memory, string system)
    {
        var queue = BrokerNames.Queue(system);
        if (await QueueAsync(steps, memory, queue, BrokerNames.DeadLetterQueue(system), DeliveryLimit)
            .ConfigureAwait(false))
        {
            await BindAsync(steps, queue, BrokerNames.EventsExchange, system).ConfigureAwait(false);
        }
    }

    /// <summary>Removes a queue that nobody can use any more, with whatever it held.</summary>
    public static Task<DeclarationResult> RemoveAsync(DeclarationSteps steps, string queue) =>
        steps.RunAsync(TopologyFaultKind.QueueConflict, queue, channel =>
        {
            channel.ContinuationTimeout = RemovalTimeout;
            return channel.QueueDeleteAsync(
                queue, ifUnused: false, ifEmpty: false, cancellationToken: steps.CancellationToken);
        });

    private static Task<DeclarationResult> ExchangeAsync(DeclarationSteps steps, string name) =>
        steps.RunAsync(TopologyFaultKind.ExchangeConflict, name, channel => channel.ExchangeDeclareAsync(
            name, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: steps.CancellationToken));

    // A declaration would make a queue that was lost without a word, so the question comes first. False where the loss
    // could not be written down: while the queue is missing every replica sees that it is.
    private static async Task<bool> QueueAsync(
        DeclarationSteps steps, IQueueMemory memory, string name, string deadLetters, int deliveryLimit)
    {
        var there = await steps.RunAsync(TopologyFaultKind.QueueConflict, name, channel =>
            channel.QueueDeclarePassiveAsync(name, steps.CancellationToken)).ConfigureAwait(false);
        if (there == DeclarationResult.NotFound
            && !await memory.MissingAsync(name, steps.CancellationToken).ConfigureAwait(false))
        {
            steps.Fault(TopologyFaultKind.QueueMissing, name);
            return false;
        }

        await DeclareAsync(steps, deadLetters, new Dictionary<string, object?>
        {
            ["x-queue-type"] = "quorum",
            ["x-max-length"] = DeadLetterLimit,
        }).ConfigureAwait(false);
        await DeclareAsync(steps, name, new Dictionary<string, object?>
        {
            ["x-queue-type"] = "quorum",
            ["x-dead-letter-exchange"] = "",
            ["x-dead-letter-routing-key"] = deadLetters,
            ["x-delivery-limit"] = deliveryLimit,
        }).ConfigureAwait(false);
        return true;
    }

    private static Task<DeclarationResult> DeclareAsync(
        DeclarationSteps steps, string name, Dictionary<string, object?> arguments) =>
        steps.RunAsync(TopologyFaultKind.QueueConflict, name, channel => channel.QueueDeclareAsync(
            name, durable: true, exclusive: false, autoDelete: false, arguments,
            cancellationToken: steps.CancellationToken));

    private static Task<DeclarationResult> BindAsync(
        DeclarationSteps steps, string queue, string exchange, string routingKey) =>
        steps.RunAsync(TopologyFaultKind.QueueConflict, queue, channel => channel.QueueBindAsync(
            queue, exchange, routingKey, cancellationToken: steps.CancellationToken));
}
