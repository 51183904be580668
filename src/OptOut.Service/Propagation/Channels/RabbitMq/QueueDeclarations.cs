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

    private const string AcknowledgementsDeadLetters = BrokerNames.AcknowledgementsQueue + ".dead";

    public static async Task SharedAsync(DeclarationSteps steps)
    {
        await ExchangeAsync(steps, BrokerNames.EventsExchange).ConfigureAwait(false);
        await ExchangeAsync(steps, BrokerNames.AcknowledgementsExchange).ConfigureAwait(false);
        await QueueAsync(
            steps, BrokerNames.AcknowledgementsQueue, AcknowledgementsDeadLetters, AcknowledgementDeliveryLimit)
            .ConfigureAwait(false);
        await BindAsync(steps, BrokerNames.AcknowledgementsQueue, BrokerNames.AcknowledgementsExchange, "#")
            .ConfigureAwait(false);
    }

    public static async Task SystemAsync(DeclarationSteps steps, string system)
    {
        var queue = BrokerNames.Queue(system);
        await QueueAsync(steps, queue, BrokerNames.DeadLetterQueue(system), DeliveryLimit).ConfigureAwait(false);
        await BindAsync(steps, queue, BrokerNames.EventsExchange, system).ConfigureAwait(false);
    }

    private static Task<DeclarationResult> ExchangeAsync(DeclarationSteps steps, string name) =>
        steps.RunAsync(TopologyFaultKind.ExchangeConflict, name, channel => channel.ExchangeDeclareAsync(
            name, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: steps.CancellationToken));

    private static async Task QueueAsync(DeclarationSteps steps, string name, string deadLetters, int deliveryLimit)
    {
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
