using System.Globalization;
using System.Net.Http.Headers;
using OptOut.Client.Http;

namespace OptOut.Client.Api;

/// <summary>
/// Filters a stream piece by piece. Over HTTP/1.1 an answer is read once the request is sent, so a piece is no larger
/// than what a server takes in while nobody reads its answer: a longer one could hold both sides up for ever.
/// </summary>
internal sealed class LineFilter(ApiTransport transport, string purpose, string channel)
{
    /// <summary>Whole lines up to this size go in one request; a line longer than it is refused.</summary>
    public const int PieceBytes = 256 * 1024;

    private static readonly MediaTypeHeaderValue NdJson = new("application/x-ndjson");

    private readonly string _path =
        $"v1/suppressions/filter?purpose={Uri.EscapeDataString(purpose)}&channel={Uri.EscapeDataString(channel)}";

    public async Task<FilterCounts> RunAsync(
        Stream lines, Stream allowed, IProgress<FilterCounts>? progress, CancellationToken cancellationToken)
    {
        var counts = new FilterCounts(0, 0, 0);
        var piece = new byte[PieceBytes];
        var held = 0;
        while (true)
        {
            var read = await lines.ReadAtLeastAsync(
                piece.AsMemory(held), piece.Length - held, throwOnEndOfStream: false, cancellationToken);
            var isEnd = held + read < piece.Length;
            held += read;
            var whole = isEnd ? held : piece.AsSpan(0, held).LastIndexOf((byte)'\n') + 1;
            if (whole == 0 && held > 0)
                throw new InvalidDataException($"A line is longer than {PieceBytes} bytes.");
            if (whole > 0) counts = Add(counts, await SendAsync(piece.AsMemory(0, whole), allowed, cancellationToken));
            progress?.Report(counts);
            if (isEnd) return counts;
            piece.AsSpan(whole, held - whole).CopyTo(piece);
            held -= whole;
        }
    }

    private async Task<FilterCounts> SendAsync(
        ReadOnlyMemory<byte> piece, Stream allowed, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_path, UriKind.Relative))
        {
            Content = new ReadOnlyMemoryContent(piece) { Headers = { ContentType = NdJson } },
        };
        request.Headers.TryAddWithoutValidation("TE", "trailers");
        using var response = await transport.OpenAsync(request, cancellationToken);
        // Read whole before any of it is handed on: an answer that was cut off is known by its missing trailers.
        using var passed = new MemoryStream();
        try
        {
            await response.Content.CopyToAsync(passed, cancellationToken);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw new OptOutUnreachableException("The answer was cut off.", fault);
        }

        var counts = new FilterCounts(
            Count(response, "OptOut-Passed"), Count(response, "OptOut-Stopped"), Count(response, "OptOut-Unreadable"));
        await allowed.WriteAsync(passed.GetBuffer().AsMemory(0, (int)passed.Length), cancellationToken);
        return counts;
    }

    private static long Count(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values)
        && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : throw new OptOutUnreachableException("The answer was cut off: its counts are missing.");

    private static FilterCounts Add(FilterCounts one, FilterCounts other) => new(
        one.Passed + other.Passed, one.Stopped + other.Stopped, one.Unreadable + other.Unreadable);
}
