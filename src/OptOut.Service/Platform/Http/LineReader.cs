using System.Buffers;
using System.IO.Pipelines;

namespace OptOut.Service.Platform.Http;

/// <summary>Lines of a body, in one piece of memory. Give it back when the lines are done with.</summary>
internal sealed class LineChunk(byte[] buffer) : IDisposable
{
    private readonly List<Range> _lines = [];

    /// <summary>The places of the lines in the buffer, line ends included; an empty one stands for a line over the bound.</summary>
    public IReadOnlyList<Range> Lines => _lines;

    /// <summary>A line with its end, where it has one. Empty for a line that was too long to be kept.</summary>
    public ReadOnlySpan<byte> this[int line] => buffer.AsSpan(_lines[line]);

    /// <summary>Everything between two places; for lines that stand beside each other.</summary>
    public ReadOnlySpan<byte> Slice(int start, int end) => buffer.AsSpan(start, end - start);

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    internal byte[] Buffer => buffer;

    internal void Add(int start, int end) => _lines.Add(start..end);
}

/// <summary>
/// Reads a body of any length line by line in bounded memory. What has arrived is handed out at once; a line over the bound
/// is thrown away while it comes and counted as one.
/// </summary>
internal sealed class LineReader(PipeReader reader, int maxLineBytes, TimeSpan idle)
{
    public const int ChunkBytes = 512 * 1024;
    public const int ChunkLines = 4_000;

    private byte[] _rest = [];
    private bool _isSkipping;
    private bool _isDrained;
    private bool _isEnded;

    /// <summary>Bytes read so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>The next lines, at least one; null at the end.</summary>
    /// <exception cref="BadHttpRequestException">408: nothing came for too long.</exception>
    public async ValueTask<LineChunk?> NextAsync(CancellationToken cancellationToken)
    {
        var chunk = new LineChunk(ArrayPool<byte>.Shared.Rent(ChunkBytes + maxLineBytes));
        try
        {
            var (start, filled) = (0, _rest.Length);
            _rest.CopyTo(chunk.Buffer, 0);
            _rest = [];
            while (!_isEnded && chunk.Lines.Count < ChunkLines && filled < ChunkBytes)
            {
                // Whoever waits for an answer to what they have sent gets it before they send more.
                if (!reader.TryRead(out var read))
                {
                    if (chunk.Lines.Count > 0)
                        break;
                    read = await ReadAsync(cancellationToken);
                }

                (start, filled) = Take(chunk, read, start, filled);
                _isEnded = read.IsCompleted && _isDrained;
            }

            if (_isEnded)
                End(chunk, start, filled);
            else
                _rest = chunk.Buffer[start..filled];
            if (chunk.Lines.Count > 0)
                return chunk;
            chunk.Dispose();
            return null;
        }
        catch
        {
            chunk.Dispose();
            throw;
        }
    }

    /// <summary>Copies as much as fits and finds the lines in it.</summary>
    private (int Start, int Filled) Take(LineChunk chunk, ReadResult read, int start, int filled)
    {
        var room = ChunkBytes + maxLineBytes - filled;
        var take = read.Buffer.Slice(0, Math.Min(room, read.Buffer.Length));
        take.CopyTo(chunk.Buffer.AsSpan(filled));
        _isDrained = take.Length == read.Buffer.Length;
        Bytes += take.Length;
        var end = filled + (int)take.Length;
        reader.AdvanceTo(take.End);
        while (chunk.Buffer.AsSpan(filled, end - filled).IndexOf((byte)'\n') is >= 0 and var at)
        {
            filled += at + 1;
            Finish(chunk, start, filled);
            start = filled;
        }

        // A line that is too long already is not kept; its end is looked for in what comes.
        if (end - start > maxLineBytes)
        {
            _isSkipping = true;
            end = start;
        }

        return (start, end);
    }

    private void Finish(LineChunk chunk, int start, int end)
    {
        if (_isSkipping || end - start > maxLineBytes)
            chunk.Add(0, 0);
        else
            chunk.Add(start, end);
        _isSkipping = false;
    }

    private void End(LineChunk chunk, int start, int filled)
    {
        if (filled > start || _isSkipping)
            Finish(chunk, start, filled);
        _isEnded = true;
    }

    private async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(idle);
        try
        {
            return await reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BadHttpRequestException("The body stopped coming.", StatusCodes.Status408RequestTimeout);
        }
    }
}
