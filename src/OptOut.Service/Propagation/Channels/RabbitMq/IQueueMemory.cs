namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>What is known of queues beyond the broker itself, which may have forgotten them.</summary>
internal interface IQueueMemory
{
    /// <summary>
    /// Said before a queue is made that is not there: if it was there once, what it held must be published again, and
    /// that is on disk when this ends. False where it could not be written down; then the queue is not made yet.
    /// </summary>
    ValueTask<bool> MissingAsync(string queue, CancellationToken cancellationToken);

    /// <summary>Whether the queue was made so lately that a broker's crash may have left it without its members.</summary>
    ValueTask<bool> IsYoungAsync(string queue, CancellationToken cancellationToken);
}
