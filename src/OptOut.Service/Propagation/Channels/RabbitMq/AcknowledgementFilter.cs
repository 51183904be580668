using System.Text;
using MassTransit;
using OptOut.Contracts;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>
/// The end of the receive pipe: takes each message as bytes, before any reading of content types or envelopes, so
/// that poison reaches the sink like everything else. It calls nothing after it: there is no error queue behind.
/// </summary>
internal sealed class AcknowledgementFilter(AcknowledgementBatcher batcher) : IFilter<ReceiveContext>
{
    public Task Send(ReceiveContext context, IPipe<ReceiveContext> next)
    {
        var headers = context.TransportHeaders;
        var routingKey = context.TryGetPayload<RabbitMqBasicConsumeContext>(out var basic) ? basic.RoutingKey : null;
        // The client's buffer is its own again after this task, and a batch may outlive a lost channel: copied.
        var message = new IncomingAcknowledgement(
            context.GetBody(),
            routingKey,
            Text(headers, WebhookHeaders.IdName),
            Text(headers, WebhookHeaders.TimestampName),
            Text(headers, WebhookHeaders.SignatureName),
            Text(headers, BrokerNames.TraceParentHeader));
        return batcher.TakeAsync(message, context.CancellationToken);
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("acknowledgements");

    private static string? Text(Headers headers, string name) => headers.TryGetHeader(name, out var value)
        ? value switch
        {
            string text => text,
            byte[] bytes => Encoding.UTF8.GetString(bytes),
            _ => null,
        }
        : null;
}
