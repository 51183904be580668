namespace OptOut.Subscriber.RabbitMq;

/// <summary>What the broker is told about a message.</summary>
internal enum Settlement
{
    /// <summary>Done and acknowledged to the service.</summary>
    Ack,

    /// <summary>Never to be handled here: to the dead letters.</summary>
    Reject,

    /// <summary>The service could not be told: deliver it again.</summary>
    Requeue,
}
