using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.Subscriber.Acknowledging;

/// <summary>
/// Publishes acknowledgements on a channel whose confirms are tracked: the call returns only when the broker has the
/// message on its queue, and throws when it refused it or could not route it.
/// </summary>
internal sealed class AmqpAcknowledgements(IChannel channel, string system, AcknowledgementSigner signer)
    : IAcknowledgementSender
{
    // A confirm that takes longer is one that will not come; the try counts as failed.
    private static readonly TimeSpan ConfirmTimeout = TimeSpan.FromSeconds(10);

    public async Task SendAsync(
        Acknowledgement acknowledgement, string? traceParent, CancellationToken cancellationToken)
    {
        var body = acknowledgement.ToUtf8Bytes();
        var signed = signer.Sign(body);
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            Persistent = true,
            MessageId = signed.Id,
            CorrelationId = acknowledgement.DeliveryId,
            Headers = new Dictionary<string, object?>
            {
                [WebhookHeaders.IdName] = signed.Id,
                [WebhookHeaders.TimestampName] = signed.Timestamp,
                [WebhookHeaders.SignatureName] = signed.Signature,
            },
        };
        if (traceParent is not null) properties.Headers[BrokerNames.TraceParentHeader] = traceParent;

        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(ConfirmTimeout);
        try
        {
            await channel.BasicPublishAsync(
                BrokerNames.AcknowledgementsExchange, system, mandatory: true, properties, body, bounded.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A queue made anew waits for ever for the numbers that this channel gave to the old one. Ending the channel
            // ends the session; the event comes again and is acknowledged through the next.
            await channel.AbortAsync(CancellationToken.None);
            throw;
        }
    }
}
