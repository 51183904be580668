using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace OptOut.IntegrationTests.Tls;

/// <summary>TLS before a server that speaks without: what a client sees is the same as with a listener of the server's.</summary>
internal sealed class TlsFront : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentBag<Task> _lines = [];
    private readonly Task _accepting;
    private int _refused;
    private int _opened;

    public TlsFront(int target, X509Certificate2 certificate)
    {
        _listener.Start();
        _accepting = AcceptAsync(target, certificate);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Handshakes that the client broke off.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>Handshakes that both took.</summary>
    public int Opened => Volatile.Read(ref _opened);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_lines);
        _ending.Dispose();
    }

    private async Task AcceptAsync(int target, X509Certificate2 certificate)
    {
        try
        {
            while (true)
                _lines.Add(RunAsync(await _listener.AcceptTcpClientAsync(_ending.Token), target, certificate));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The end.
        }
    }

    private async Task RunAsync(TcpClient client, int target, X509Certificate2 certificate)
    {
        using (client)
        {
            try
            {
                await using var secured = new SslStream(client.GetStream());
                await secured.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = certificate }, _ending.Token);
                using var server = new TcpClient { NoDelay = true };
                await server.ConnectAsync(IPAddress.Loopback, target, _ending.Token);
                // The client's verdict on the certificate comes after the server's part of a TLS 1.3 handshake.
                var first = new byte[16 * 1024];
                if (await secured.ReadAsync(first, _ending.Token) is not (> 0 and var count))
                {
                    Interlocked.Increment(ref _refused);
                    return;
                }

                Interlocked.Increment(ref _opened);
                await server.GetStream().WriteAsync(first.AsMemory(0, count), _ending.Token);
                await Task.WhenAny(
                    secured.CopyToAsync(server.GetStream(), _ending.Token),
                    server.GetStream().CopyToAsync(secured, _ending.Token));
            }
            catch (Exception exception) when (
                exception is AuthenticationException or IOException or SocketException or OperationCanceledException)
            {
                if (exception is AuthenticationException or IOException)
                    Interlocked.Increment(ref _refused);
            }
        }
    }
}
