namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>How the broker is reached. Intervals are bounds: nothing of ours waits longer for it.</summary>
internal sealed record RabbitMqOptions
{
    /// <summary>`amqp://` or `amqps://` with user, password, host, port and virtual host (`RabbitMq:Uri`).</summary>
    public required Uri Uri { get; init; }

    /// <summary>The name that the broker's own tools show for our connections.</summary>
    public string ConnectionName { get; init; } = "optout";

    /// <summary>Pause between two tries to connect. Default 1 s.</summary>
    public TimeSpan ReconnectInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A connection that is silent for this long is dead. Default 10 s.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bound of connecting, of the handshake and of each declaration. Default 5 s.</summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often the registry is compared with the queues and bindings that stand, and what is missing is made. Default
    /// 15 s, at least 100 ms.
    /// </summary>
    public TimeSpan CompareInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a published message may stay without its confirm. Default 10 s.</summary>
    public TimeSpan ConfirmTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a channel that owes confirms may give none before it is thrown away. Default 3 s. A broker back from a
    /// crash takes messages for queues that have no leader yet and never confirms them on that channel.
    /// </summary>
    public TimeSpan ConfirmSilence { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How many batches are published at once, each on a channel of its own. Default 8.</summary>
    public int MaxConcurrentBatches { get; init; } = 8;
}
