using System.Text;

namespace OptOut.IntegrationTests.Client;

/// <summary>Loses one event of the feed on its way, as no network does and a faulty proxy might.</summary>
internal sealed class LossyFeed : DelegatingHandler
{
    private int _toLose;

    public void LoseNext() => Interlocked.Exchange(ref _toLose, 1);

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream") return response;
        var type = response.Content.Headers.ContentType;
        response.Content = new StreamContent(new Lossy(await response.Content.ReadAsStreamAsync(cancellationToken), this));
        response.Content.Headers.ContentType = type;
        return response;
    }

    private sealed class Lossy(Stream inner, LossyFeed feed) : Stream
    {
        private byte[] _ready = [];
        private string _partial = "";

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var raw = new byte[8192];
            while (_ready.Length == 0)
            {
                var read = await inner.ReadAsync(raw, cancellationToken);
                if (read == 0) return 0;
                _partial += Encoding.ASCII.GetString(raw, 0, read);
                var end = _partial.LastIndexOf("\n\n", StringComparison.Ordinal) + 2;
                if (end < 2) continue;
                var events = _partial[..end].Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
                _partial = _partial[end..];
                _ready = Encoding.ASCII.GetBytes(string.Concat(events.Where(Passes).Select(e => e + "\n\n")));
            }

            var count = Math.Min(buffer.Length, _ready.Length);
            _ready.AsSpan(0, count).CopyTo(buffer.Span);
            _ready = _ready[count..];
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private bool Passes(string text) => !text.Contains("event: changes", StringComparison.Ordinal)
            || Interlocked.Exchange(ref feed._toLose, 0) == 0;
    }
}
