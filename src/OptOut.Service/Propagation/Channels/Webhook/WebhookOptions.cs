namespace OptOut.Service.Propagation.Channels.Webhook;

/// <summary>The bounds of a call to a receiver that nobody here controls.</summary>
internal sealed record WebhookOptions
{
    /// <summary>`OptOut:AllowPrivateTargets`: see <see cref="TargetPolicy"/>. Default false.</summary>
    public bool AllowPrivateTargets { get; init; }

    /// <summary>From the first byte of ours to the last of theirs. Default 15 s.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Resolving the name, connecting and the TLS handshake. Default 5 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection is used before the name is resolved and checked anew. Default 1 min.</summary>
    public TimeSpan ConnectionLifetime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The most connections to one receiver. Default 16.</summary>
    public int MaxConnectionsPerReceiver { get; init; } = 16;
}
