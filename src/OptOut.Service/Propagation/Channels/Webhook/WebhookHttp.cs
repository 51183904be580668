using System.Net;
using System.Security.Authentication;

namespace OptOut.Service.Propagation.Channels.Webhook;

/// <summary>The HTTP client for receivers, with everything switched off that would act on their word.</summary>
internal static class WebhookHttp
{
    // In kilobytes, as the handler counts.
    private const int MaxResponseHeadersKilobytes = 16;

    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(2);

    public static HttpMessageInvoker Create(WebhookOptions options, TargetPolicy policy, ResolveName resolve)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            Credentials = null,
            AutomaticDecompression = DecompressionMethods.None,
            // Our own traceparent goes out, not the one of whatever happens to run.
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = options.ConnectionLifetime,
            PooledConnectionIdleTimeout = options.ConnectionLifetime / 2,
            MaxConnectionsPerServer = options.MaxConnectionsPerReceiver,
            MaxResponseHeadersLength = MaxResponseHeadersKilobytes,
            // A body that nobody reads: a little is drained so that the connection can be kept, more closes it.
            MaxResponseDrainSize = AnswerReader.MaxBodyBytes,
            ResponseDrainTimeout = DrainTime,
            ConnectCallback = new CheckedConnector(policy, resolve).ConnectAsync,
        };
        handler.SslOptions.EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        return new HttpMessageInvoker(handler);
    }
}
