namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>What stands on the broker in the way of our names. Nothing is deleted to make room.</summary>
internal sealed record TopologyFault(TopologyFaultKind Kind, string Name);

internal enum TopologyFaultKind
{
    /// <summary>An exchange of this name has another type or other properties: nothing goes through it.</summary>
    ExchangeConflict,

    /// <summary>A queue of this name has other properties. It is used as it is.</summary>
    QueueConflict,

    /// <summary>The queue is gone, and that could not be written down: it is made again once it is.</summary>
    QueueMissing,

    /// <summary>
    /// The queue takes messages and confirms none. It may hold what a broken cluster will give back, so only people
    /// remove it.
    /// </summary>
    QueueSilent,

    /// <summary>The broker's permissions do not let us declare or bind this.</summary>
    AccessRefused,

    /// <summary>The system's name would collide with a queue of the service.</summary>
    NameReserved,

    /// <summary>The broker is not there. Known names are declared again when it is back.</summary>
    BrokerUnavailable,
}
