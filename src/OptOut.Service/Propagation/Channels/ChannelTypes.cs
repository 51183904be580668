namespace OptOut.Service.Propagation.Channels;

/// <summary>The values of a registration's `channel.type` that have a channel here.</summary>
internal static class ChannelTypes
{
    public const string RabbitMq = "rabbitmq";
    public const string Webhook = "webhook";
    public const string Connector = "connector";
    public const string Smtp = "smtp";
    public const string Pull = "pull";

    public static readonly IReadOnlyList<string> All = [RabbitMq, Webhook, Connector, Smtp, Pull];
}
