using System.Net.Security;
using RabbitMQ.Client;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>The client's factory with every bound said aloud.</summary>
internal static class BrokerConnectionFactory
{
    public static ConnectionFactory Create(RabbitMqOptions options)
    {
        var factory = new ConnectionFactory
        {
            Uri = options.Uri,
            ClientProvidedName = options.ConnectionName,
            // The supervisor connects again: a recovered channel would hide which confirms were lost.
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            // Both ends notice by it that the other one is gone, also where no byte and no error comes.
            RequestedHeartbeat = options.Heartbeat,
            RequestedConnectionTimeout = options.OperationTimeout,
            HandshakeContinuationTimeout = options.OperationTimeout,
            ContinuationTimeout = options.OperationTimeout,
            SocketReadTimeout = options.Heartbeat * 2,
            SocketWriteTimeout = options.Heartbeat * 2,
        };
        // An amqps URI makes the client accept certificates of other names; we do not.
        factory.Ssl.AcceptablePolicyErrors = SslPolicyErrors.None;
        factory.Ssl.ServerName = factory.HostName;
        return factory;
    }
}
