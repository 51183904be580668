using System.Net;
using System.Net.Sockets;

namespace OptOut.Service.Propagation.Channels.Webhook;

/// <summary>Resolves a name to its addresses.</summary>
internal delegate Task<IPAddress[]> ResolveName(string host, CancellationToken cancellationToken);

/// <summary>
/// Makes a webhook's connections: resolves the name once, checks every address, and connects to an address that was
/// checked. There is no second look-up that could answer otherwise.
/// </summary>
internal sealed class CheckedConnector(TargetPolicy policy, ResolveName resolve)
{
    // A name with more addresses than this is no receiver of ours to try one by one.
    private const int MaxAddresses = 16;

    public async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await AddressesAsync(context.DnsEndPoint.Host, cancellationToken).ConfigureAwait(false);
        if (!Array.TrueForAll(addresses, policy.Allows))
        {
            throw new WebhookRefusedException(AttemptOutcome.TargetForbidden);
        }

        var last = new SocketException((int)SocketError.HostUnreachable);
        foreach (var address in addresses.Take(MaxAddresses))
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, context.DnsEndPoint.Port, cancellationToken).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException exception)
            {
                last = exception;
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last;
    }

    private async Task<IPAddress[]> AddressesAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return [literal];
        }

        try
        {
            var addresses = await resolve(host, cancellationToken).ConfigureAwait(false);
            return addresses.Length > 0
                ? addresses
                : throw new WebhookRefusedException(AttemptOutcome.NameNotResolved);
        }
        catch (SocketException)
        {
            throw new WebhookRefusedException(AttemptOutcome.NameNotResolved);
        }
    }
}
