using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OptOut.Benchmarks.Load;

/// <summary>A kept-alive HTTP/1.1 connection: writes bytes, reads one answer, looks at no more of it than it must.</summary>
internal sealed class HttpConnection : IDisposable
{
    private const int BufferBytes = 16 * 1024;
    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] buffer = new byte[BufferBytes];
    private int bodyAt;
    private int length;

    /// <summary>The last answer's body; valid until the next call.</summary>
    public ReadOnlySpan<byte> Body => buffer.AsSpan(bodyAt, length - bodyAt);

    public async Task OpenAsync(Uri address, CancellationToken cancellationToken) =>
        await socket.ConnectAsync(IPAddress.Loopback, address.Port, cancellationToken);

    /// <returns>The answer's status.</returns>
    public async ValueTask<int> SendAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        await socket.SendAsync(request, SocketFlags.None, cancellationToken);
        length = 0;
        var end = -1;
        while (end < 0 || length < end)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, cancellationToken);
            if (read == 0)
                throw new BenchException("The service closed a connection in the middle of an answer.");
            length += read;
            if (end < 0)
                end = End();
        }

        return (buffer[9] - '0') * 100 + (buffer[10] - '0') * 10 + (buffer[11] - '0');
    }

    public void Dispose() => socket.Dispose();

    /// <summary>Where the answer ends; negative as long as its head is not complete.</summary>
    private int End()
    {
        var head = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return -1;
        var field = buffer.AsSpan(0, head).IndexOf("Content-Length: "u8);
        if (field < 0 || !Utf8Parser.TryParse(buffer.AsSpan(field + 16, head + 2 - field - 16), out int size, out _))
            throw new BenchException($"An answer without a length: {Encoding.ASCII.GetString(buffer, 0, head)}");
        bodyAt = head + 4;
        return bodyAt + size <= BufferBytes
            ? bodyAt + size
            : throw new BenchException($"An answer of {size} bytes is longer than any that was asked for.");
    }
}
