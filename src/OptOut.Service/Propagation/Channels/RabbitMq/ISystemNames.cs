namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>Names the systems whose queues must stand on the broker. Asked on each new connection.</summary>
internal interface ISystemNames
{
    /// <summary>All systems of channel type rabbitmq that are not retired.</summary>
    ValueTask<IReadOnlyList<string>> RabbitMqSystemsAsync(CancellationToken cancellationToken);
}
