using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OptOut.IntegrationTests.Fixtures;

/// <summary>
/// Stands between a client and a server on loopback. Once it has fallen silent, connections stay open and nothing passes:
/// what is sent is taken and dropped, nobody is told, nothing is closed. After it has healed, new connections pass; those
/// that were silent stay so for ever, as they do where the network has lost one end.
/// </summary>
internal sealed class SilentProxy : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentBag<Task> _pumps = [];
    private readonly Task _accepting;
    private volatile Line _line = new();

    public SilentProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Every connection that stands, and every one made until it heals.</summary>
    public void FallSilent() => _line.Silent = true;

    public void Heal() => _line = new Line();

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_pumps);
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_ending.Token);
                _pumps.Add(RunAsync(client, _line));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The end.
        }
    }

    private async Task RunAsync(TcpClient client, Line line)
    {
        using (client)
        using (var server = new TcpClient { NoDelay = true })
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target, _ending.Token);
                var (here, there) = (client.GetStream(), server.GetStream());
                await Task.WhenAny(PumpAsync(here, there, line), PumpAsync(there, here, line));
                if (line.Silent)
                    await Task.Delay(Timeout.Infinite, _ending.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException)
            {
                // One end is gone, or the test is over.
            }
        }
    }

    private async Task PumpAsync(NetworkStream from, NetworkStream to, Line line)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await from.ReadAsync(buffer, _ending.Token) is > 0 and var count)
            {
                if (!line.Silent)
                    await to.WriteAsync(buffer.AsMemory(0, count), _ending.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // One end is gone, or the test is over.
        }
    }

    private sealed class Line
    {
        public volatile bool Silent;
    }
}
