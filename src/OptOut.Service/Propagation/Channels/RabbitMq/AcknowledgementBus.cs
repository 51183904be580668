using System.Net.Security;
using System.Security.Authentication;
using MassTransit;
using MassTransit.Logging;
using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>The MassTransit bus with its one endpoint: raw messages of the acknowledgements' queue.</summary>
internal static class AcknowledgementBus
{
    private const int Prefetch = AcknowledgementBatcher.BatchLimit * AcknowledgementBatcher.Concurrency;

    // Larger than any message the broker takes: one that is too large must not end the connection again and again.
    private const uint MaxMessageBytes = 512 * 1024 * 1024;

    public static IBusControl Create(RabbitMqOptions options, AcknowledgementBatcher batcher, ILoggerFactory loggers)
    {
        LogContext.ConfigureCurrentLogContext(loggers);
        return Bus.Factory.CreateUsingRabbitMq(bus =>
        {
            ConfigureHost(bus, options);
            bus.ReceiveEndpoint(BrokerNames.AcknowledgementsQueue, endpoint =>
            {
                // Queue and binding are ours already; the endpoint declares the exchange alone, as it stands.
                endpoint.ExchangeType = ExchangeType.Topic;
                endpoint.BindQueue = false;
                endpoint.ConfigureConsumeTopology = false;
                endpoint.PublishFaults = false;
                endpoint.PrefetchCount = Prefetch;
                endpoint.ConcurrentMessageLimit = Prefetch;
                endpoint.ConfigureReceive(pipe => pipe.UseFilter(new AcknowledgementFilter(batcher)));
            });
        });
    }

    private static void ConfigureHost(IRabbitMqBusFactoryConfigurator bus, RabbitMqOptions options)
    {
        // The client's factory reads the URI once, so that both connections understand it alike.
        var parsed = BrokerConnectionFactory.Create(options);
        var name = $"{options.ConnectionName} acks";
        bus.Host(parsed.HostName, (ushort)parsed.Endpoint.Port, parsed.VirtualHost, name, host =>
        {
            host.Username(parsed.UserName);
            host.Password(parsed.Password);
            host.Heartbeat(options.Heartbeat);
            host.RequestedConnectionTimeout(options.OperationTimeout);
            host.ContinuationTimeout(options.OperationTimeout);
            host.MaxMessageSize(MaxMessageBytes);
            if (parsed.Ssl.Enabled)
            {
                host.UseSsl(tls =>
                {
                    tls.ServerName = parsed.Ssl.ServerName;
                    tls.Protocol = SslProtocols.None;
                    tls.EnforcePolicyErrors(SslPolicyErrors.RemoteCertificateChainErrors
                        | SslPolicyErrors.RemoteCertificateNameMismatch
                        | SslPolicyErrors.RemoteCertificateNotAvailable);
                });
            }
        });
    }
}
