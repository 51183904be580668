using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Enforcement;

/// <summary>What came out of a filter, with its trailers.</summary>
internal sealed record Filtered(int Status, string Text, long? Passed, long? Stopped, long? Unreadable);

/// <summary>A body that is written while the answer is read, as a pipe does.</summary>
internal sealed class PipedContent : HttpContent
{
    private readonly Pipe _pipe = new();

    public PipedContent() => Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");

    public PipeWriter Writer => _pipe.Writer;

    public async Task LineAsync(string line)
    {
        await Writer.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));
        await Writer.FlushAsync();
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        while (true)
        {
            var read = await _pipe.Reader.ReadAsync();
            foreach (var segment in read.Buffer)
                await stream.WriteAsync(segment);
            await stream.FlushAsync();
            _pipe.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

internal static class Filtering
{
    public static async Task<HttpResponseMessage> OpenFilterAsync(
        this RunningService service, HttpContent lines, string query = "purpose=marketing&channel=email", string role = "gate")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/suppressions/filter?" + query) { Content = lines };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await service.KeyOfAsync(role));
        // Over HTTP/1.1 the client reads while it writes only when it was told to go on.
        request.Headers.ExpectContinue = true;
        return await service.Http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    public static async Task<Filtered> FilterAsync(
        this RunningService service, byte[] lines, string query = "purpose=marketing&channel=email", string role = "gate")
    {
        using var content = new ByteArrayContent(lines);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using var response = await service.OpenFilterAsync(content, query, role);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new Filtered((int)response.StatusCode, text,
            Trailer(response, "OptOut-Passed"), Trailer(response, "OptOut-Stopped"), Trailer(response, "OptOut-Unreadable"));
    }

    public static Task<Filtered> FilterAsync(this RunningService service, string lines) =>
        service.FilterAsync(Encoding.UTF8.GetBytes(lines));

    private static long? Trailer(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values)
            ? long.Parse(Assert.Single(values), System.Globalization.CultureInfo.InvariantCulture)
            : null;
}
