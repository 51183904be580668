using System.Globalization;
using System.Text;
using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.Subscriber.RabbitMq;

/// <summary>Reads text from message headers; clients of other languages send some of it as bytes or numbers.</summary>
internal static class AmqpHeaders
{
    internal static WebhookHeaders Signature(IReadOnlyBasicProperties properties) => new(
        Text(properties, WebhookHeaders.IdName),
        Text(properties, WebhookHeaders.TimestampName),
        Text(properties, WebhookHeaders.SignatureName));

    internal static string? Text(IReadOnlyBasicProperties properties, string name)
    {
        object? value = null;
        if (properties.Headers?.TryGetValue(name, out value) != true) return null;
        return value switch
        {
            byte[] bytes => Encoding.UTF8.GetString(bytes),
            string text => text,
            long or int or uint or short => Convert.ToString(value, CultureInfo.InvariantCulture),
            _ => null,
        };
    }
}
