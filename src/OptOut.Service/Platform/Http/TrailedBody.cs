using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace OptOut.Service.Platform.Http;

/// <summary>
/// A streamed answer that ends with trailers, so that counts can be told after the content. Over HTTP/1.1 the server has no
/// trailers of its own: there the chunks are framed here. An answer that is not completed ends without its last chunk, which
/// every client takes for a failure.
/// </summary>
internal sealed class TrailedBody
{
    private static readonly byte[] LineEnd = "\r\n"u8.ToArray();

    private readonly HttpResponse _response;
    private readonly bool _isFramedHere;
    private readonly PipeWriter _writer;

    /// <summary>Call before anything is written.</summary>
    public TrailedBody(HttpResponse response, params ReadOnlySpan<string> trailers)
    {
        _response = response;
        _isFramedHere = !response.SupportsTrailers() && HttpProtocol.IsHttp11(response.HttpContext.Request.Protocol);
        foreach (var name in trailers)
            response.Headers.Append("Trailer", name);
        if (_isFramedHere)
            response.Headers.TransferEncoding = "chunked";
        _writer = response.BodyWriter;
    }

    /// <summary>Writes one piece; it goes out with the next flush.</summary>
    public void Write(ReadOnlySpan<byte> piece)
    {
        if (piece.IsEmpty)
            return;
        if (_isFramedHere)
        {
            Span<char> size = stackalloc char[8];
            piece.Length.TryFormat(size, out var digits, "x", CultureInfo.InvariantCulture);
            Encoding.ASCII.GetBytes(size[..digits], _writer);
            _writer.Write(LineEnd);
        }

        _writer.Write(piece);
        if (_isFramedHere)
            _writer.Write(LineEnd);
    }

    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken) => _writer.FlushAsync(cancellationToken);

    /// <summary>Ends the answer as a whole one.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken, params IReadOnlyList<KeyValuePair<string, string>> trailers)
    {
        if (_isFramedHere)
        {
            var end = new StringBuilder("0\r\n");
            foreach (var (name, value) in trailers)
                end.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
            Encoding.ASCII.GetBytes(end.Append("\r\n").ToString(), _writer);
        }
        else if (_response.SupportsTrailers())
        {
            foreach (var (name, value) in trailers)
                _response.AppendTrailer(name, value);
        }

        await _writer.FlushAsync(cancellationToken);
    }
}
