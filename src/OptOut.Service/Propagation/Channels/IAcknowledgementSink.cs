namespace OptOut.Service.Propagation.Channels;

/// <summary>Takes raw acknowledgements. The broker forgets them once the task has finished.</summary>
internal interface IAcknowledgementSink
{
    /// <summary>
    /// Stores the whole batch (at most 500), unreadable ones included, or throws: then the same messages come again.
    /// </summary>
    ValueTask TakeAsync(IReadOnlyList<IncomingAcknowledgement> batch, CancellationToken cancellationToken);
}

/// <summary>
/// One message from `optout.acks`: its bytes as they came. A header that is absent or no text is null.
/// </summary>
internal sealed record IncomingAcknowledgement(
    ReadOnlyMemory<byte> Body,
    string? RoutingKey,
    string? WebhookId,
    string? WebhookTimestamp,
    string? WebhookSignature,
    string? TraceParent);
