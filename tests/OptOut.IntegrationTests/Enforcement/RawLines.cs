using System.Net.Sockets;
using System.Text;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Enforcement;

/// <summary>A request whose answer is read while it is still being written, which .NET's client does not do over HTTP/1.1.</summary>
internal sealed class RawLines : IAsyncDisposable
{
    private readonly TcpClient _client = new();
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly StringBuilder _seen = new();
    private NetworkStream _stream = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public string Seen => _seen.ToString();

    public static async Task<RawLines> OpenAsync(RunningService service, string path, string role)
    {
        var key = await service.KeyOfAsync(role);
        var made = new RawLines();
        await made._client.ConnectAsync("127.0.0.1", service.Http.BaseAddress!.Port, Cancellation);
        made._stream = made._client.GetStream();
        await made.WriteAsync(
            $"POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {key}\r\n"
            + "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n");
        return made;
    }

    public Task LineAsync(string line) =>
        WriteAsync($"{Encoding.UTF8.GetByteCount(line) + 1:x}\r\n{line}\n\r\n");

    public Task EndAsync() => WriteAsync("0\r\n\r\n");

    /// <summary>Reads until this has come; false where the connection ended before.</summary>
    public async Task<bool> UntilAsync(string text)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!Seen.Contains(text, StringComparison.Ordinal))
        {
            int read;
            try
            {
                read = await _stream.ReadAsync(_buffer, patience.Token);
            }
            catch (IOException)
            {
                return false;
            }

            if (read == 0)
                return false;
            _seen.Append(Encoding.UTF8.GetString(_buffer, 0, read));
        }

        return true;
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task WriteAsync(string text) => await _stream.WriteAsync(Encoding.UTF8.GetBytes(text), Cancellation);
}
