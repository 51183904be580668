using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>The properties of an event on the broker, exactly: a consumer needs JSON and nothing of .NET.</summary>
internal static class EventMessage
{
    public const string ContentType = "application/cloudevents+json; charset=utf-8";

    public static string MessageId(OutgoingDelivery delivery) => $"dlv_{delivery.DeliveryId:N}";

    public static BasicProperties Properties(OutgoingDelivery delivery, string messageId, DateTimeOffset now)
    {
        var signed = StandardWebhooks.SignAll(delivery.Target.SigningKeys, messageId, now, delivery.Body.Span);
        var headers = new Dictionary<string, object?>(4)
        {
            [WebhookHeaders.IdName] = signed.Id,
            [WebhookHeaders.TimestampName] = signed.Timestamp,
            [WebhookHeaders.SignatureName] = signed.Signature,
        };
        if (delivery.TraceParent is { } traceParent)
        {
            headers[BrokerNames.TraceParentHeader] = traceParent;
        }

        return new BasicProperties
        {
            ContentType = ContentType,
            Persistent = true,
            MessageId = messageId,
            Type = delivery.EventType,
            Timestamp = new AmqpTimestamp(delivery.Time.ToUnixTimeSeconds()),
            CorrelationId = $"oo_{delivery.OptOutId:N}",
            Headers = headers,
        };
    }
}
