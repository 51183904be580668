namespace OptOut.Service.Platform.Embedded;

/// <summary>How the private RabbitMQ node is run.</summary>
internal sealed record EmbeddedRabbitMqOptions(string DataDirectory)
{
    /// <summary>The AMQP port; null: a free one.</summary>
    public int? Port { get; init; }

    /// <summary>Whether the management plugin listens too, on a free loopback port; off by default, used by tests.</summary>
    public bool Management { get; init; }

    /// <summary>How long the node may take until it accepts a login; default 90 s.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How long a stop may take before the node is killed; default 20 s.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(20);
}
