namespace OptOut.Service.Propagation.Channels;

/// <summary>The last step of a delivery: one way to hand events to systems. It decides nothing about retries.</summary>
internal interface IDeliveryChannel
{
    /// <summary>The channel type of the registration: <see cref="ChannelTypes"/>.</summary>
    string Type { get; }

    /// <summary>How many deliveries one call takes at most.</summary>
    int BatchSize { get; }

    /// <summary>
    /// Tries each delivery once and answers for each, in the order given. Trouble is a result, never an exception:
    /// one message that fails does not fail the others. After cancellation what has no answer yet is
    /// <see cref="AttemptOutcome.Interrupted"/>.
    /// </summary>
    ValueTask<AttemptResult[]> SendAsync(IReadOnlyList<OutgoingDelivery> batch, CancellationToken cancellationToken);
}

/// <summary>A channel whose systems are called delivery by delivery, each call with an answer of its own.</summary>
internal interface ICalledChannel : IDeliveryChannel;
