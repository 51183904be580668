using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OptOut.IntegrationTests.Client;

/// <summary>A cable between a gate and the service, which can be cut (connections reset, new ones refused) or hang.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<TcpClient, byte> _open = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _accepting;
    private Uri _target;
    private volatile bool _isCut;
    private volatile bool _hangs;

    public Relay(Uri target)
    {
        _target = target;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Address { get; }

    public void Cut()
    {
        _isCut = true;
        CloseAll();
    }

    /// <summary>Nothing passes any more, and nobody is told.</summary>
    public void Hang() => _hangs = true;

    /// <summary>Whole again, towards another process where one is given.</summary>
    public void Heal(Uri? target = null)
    {
        _target = target ?? _target;
        CloseAll();
        (_isCut, _hangs) = (false, false);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        CloseAll();
        await _accepting;
        _ended.Dispose();
    }

    private void CloseAll()
    {
        foreach (var client in _open.Keys) client.Close();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var caller = await _listener.AcceptTcpClientAsync(_ended.Token);
                if (_isCut) caller.Close();
                else _ = JoinAsync(caller);
            }
        }
        catch (Exception) when (_ended.IsCancellationRequested)
        {
            // The test is over.
        }
    }

    private async Task JoinAsync(TcpClient caller)
    {
        using var service = new TcpClient();
        _open[caller] = _open[service] = 0;
        try
        {
            await service.ConnectAsync(IPAddress.Loopback, _target.Port);
            var (one, other) = (caller.GetStream(), service.GetStream());
            await Task.WhenAny(PumpAsync(one, other), PumpAsync(other, one));
        }
        catch (Exception fault) when (fault is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }
        finally
        {
            _open.TryRemove(caller, out _);
            _open.TryRemove(service, out _);
            caller.Dispose();
        }
    }

    private async Task PumpAsync(Stream from, Stream to)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer) is var read and > 0)
        {
            while (_hangs) await Task.Delay(20);
            await to.WriteAsync(buffer.AsMemory(0, read));
        }
    }
}
