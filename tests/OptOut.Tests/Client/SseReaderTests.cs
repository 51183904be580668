using System.Text;
using OptOut.Client.Gate.Feed;

namespace OptOut.Tests.Client;

public sealed class SseReaderTests
{
    private const string Stream =
        ": hello\n\nevent: one\nid: 7\ndata: {\"a\":1}\n\nevent:two\r\ndata:x\r\ndata: y\r\nretry: 5\r\n\r\n\n\nid: 9\n\ndata: last\n\nevent: cut";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Events_are_the_same_however_the_bytes_arrive(int pieces)
    {
        var reader = new SseReader(new Trickle(Encoding.UTF8.GetBytes(Stream), pieces), TimeProvider.System);
        var events = new List<(string, string?, string)>();
        while (await reader.ReadAsync(CancellationToken.None) is { } read)
            events.Add((read.Name, read.Id, Encoding.UTF8.GetString(read.Data.Span)));
        Assert.Equal([("one", "7", "{\"a\":1}"), ("two", null, "x\ny"), ("message", null, "last")], events);
    }

    [Fact]
    public async Task An_event_without_end_does_not_fill_the_memory()
    {
        var reader = new SseReader(new Trickle(new byte[SseReader.MaxEventBytes + 1], 4096), TimeProvider.System);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await reader.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Large_events_are_read_whole()
    {
        var data = new string('x', 128 * 1024);
        var reader = new SseReader(new Trickle(Encoding.UTF8.GetBytes($"data: {data}\n\n"), 1500), TimeProvider.System);
        Assert.Equal(data.Length, (await reader.ReadAsync(CancellationToken.None))!.Value.Data.Length);
    }

    private sealed class Trickle(byte[] bytes, int atOnce) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, atOnce)], cancellationToken);
    }
}
