using System.Text;

namespace OptOut.Client.Gate.Feed;

/// <summary>One server-sent event. The data is valid until the next one is read.</summary>
internal readonly record struct SseEvent(string Name, string? Id, ReadOnlyMemory<byte> Data);

/// <summary>
/// Reads server-sent events from a stream, with a bound on one event and on the time without a byte. Comments and
/// blocks without data are passed over.
/// </summary>
internal sealed class SseReader(Stream stream, TimeProvider clock)
{
    /// <summary>The feed promises 128 KiB.</summary>
    public const int MaxEventBytes = 256 * 1024;

    /// <summary>A connection that is silent for three heartbeats is dead.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    private const int FirstBuffer = 16 * 1024;

    private byte[] _buffer = new byte[FirstBuffer];
    private int _start;
    private int _end;
    private int _scanned;

    /// <summary>The next event; null at the end of the stream.</summary>
    /// <exception cref="TimeoutException">Nothing came for too long.</exception>
    /// <exception cref="InvalidDataException">An event is larger than any of ours.</exception>
    public async ValueTask<SseEvent?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (NextBlock() is { } block)
                if (Parse(block) is { } read)
                    return read;
            if (!await FillAsync(cancellationToken)) return null;
        }
    }

    // An event ends at an empty line; what was looked at once is not looked at again.
    private ReadOnlyMemory<byte>? NextBlock()
    {
        while (_scanned < _end)
        {
            var newline = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (newline < 0)
            {
                _scanned = _end;
                return null;
            }

            var at = _scanned + newline;
            _scanned = at + 1;
            var line = at;
            while (line > _start && _buffer[line - 1] == (byte)'\r') line--;
            if (line > _start && _buffer[line - 1] != (byte)'\n') continue;
            var block = _buffer.AsMemory(_start, at - _start);
            _start = _scanned;
            return block;
        }

        return null;
    }

    private static SseEvent? Parse(ReadOnlyMemory<byte> block)
    {
        string? name = null, id = null;
        ReadOnlyMemory<byte> data = default;
        var hasData = false;
        while (!block.IsEmpty)
        {
            var newline = block.Span.IndexOf((byte)'\n');
            var line = newline < 0 ? block : block[..newline];
            block = newline < 0 ? default : block[(newline + 1)..];
            if (line.Span is [.., (byte)'\r']) line = line[..^1];
            if (Value(line, "event"u8) is { } named) name = Encoding.UTF8.GetString(named.Span);
            else if (Value(line, "id"u8) is { } numbered) id = Encoding.UTF8.GetString(numbered.Span);
            else if (Value(line, "data"u8) is { } given)
            {
                data = hasData ? Joined(data, given) : given;
                hasData = true;
            }
        }

        return hasData ? new SseEvent(name ?? "message", id, data) : null;
    }

    private static ReadOnlyMemory<byte>? Value(ReadOnlyMemory<byte> line, ReadOnlySpan<byte> field)
    {
        if (!line.Span.StartsWith(field) || line.Length == field.Length || line.Span[field.Length] != (byte)':') return null;
        var value = line[(field.Length + 1)..];
        return value.Span is [(byte)' ', ..] ? value[1..] : value;
    }

    private static byte[] Joined(ReadOnlyMemory<byte> before, ReadOnlyMemory<byte> line) =>
        [.. before.Span, (byte)'\n', .. line.Span];

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _scanned -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            if (_end >= MaxEventBytes) throw new InvalidDataException("An event of the feed is too large.");
            Array.Resize(ref _buffer, Math.Min(2 * _buffer.Length, MaxEventBytes));
        }

        using var silence = new CancellationTokenSource(Silence, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), either.Token);
            _end += read;
            return read > 0;
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The feed has been silent for too long.");
        }
    }
}
