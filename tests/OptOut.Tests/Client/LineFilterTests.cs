using System.Net;
using System.Text;
using OptOut.Client;

namespace OptOut.Tests.Client;

/// <summary>A stream is filtered piece by piece, and nothing is handed on that the service did not let pass.</summary>
public sealed class LineFilterTests : IDisposable
{
    private readonly Api _api = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _api.Dispose();

    [Theory]
    [InlineData("\n")]
    [InlineData("")]
    public async Task Lines_of_any_length_go_in_whole_lines_and_the_counts_add_up(string end)
    {
        var lines = string.Join('\n', Enumerable.Range(0, 20_000).Select(i => $$"""{"type":"user_id","value":"u{{i}}"}""")) + end;
        _api.Answers((request, token) => AnswerAsync(request, everyOther: true));
        using var allowed = new MemoryStream();
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(lines));
        var counts = await _api.Client().Suppressions.FilterAsync(
            input, allowed, "marketing", "email", cancellationToken: Cancellation);
        Assert.Equal(new FilterCounts(10_000, 10_000, 0), counts);
        Assert.True(_api.Requests.Count > 1);
        Assert.All(_api.Requests, sent => Assert.True(sent.Body.Length <= 256 * 1024));
        Assert.All(_api.Requests.SkipLast(1), sent => Assert.EndsWith("\n", sent.Body, StringComparison.Ordinal));
        Assert.Equal(lines, string.Concat(_api.Requests.Select(sent => sent.Body)));
        Assert.Equal("/base/v1/suppressions/filter?purpose=marketing&channel=email", _api.Requests[0].Path);
        Assert.Equal(10_000, Encoding.UTF8.GetString(allowed.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task An_answer_without_its_counts_was_cut_off_and_nothing_of_it_is_handed_on()
    {
        _api.Answers(200, "{\"type\":\"user_id\",\"value\":\"u1\"}\n");
        using var allowed = new MemoryStream();
        using var input = new MemoryStream("{\"type\":\"user_id\",\"value\":\"u1\"}\n"u8.ToArray());
        await Assert.ThrowsAsync<OptOutUnreachableException>(() => _api.Client().Suppressions.FilterAsync(
            input, allowed, "marketing", "email", cancellationToken: Cancellation));
        Assert.Equal(0, allowed.Length);
    }

    [Fact]
    public async Task A_line_without_end_is_refused()
    {
        using var input = new MemoryStream(new byte[300_000]);
        await Assert.ThrowsAsync<InvalidDataException>(() => _api.Client().Suppressions.FilterAsync(
            input, Stream.Null, "marketing", "email", cancellationToken: Cancellation));
        Assert.Empty(_api.Requests);
    }

    private static async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, bool everyOther)
    {
        var lines = (await request.Content!.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var passed = lines.Where(line => !everyOther || int.Parse(line.Split("\"u")[^1].TrimEnd('}', '"'),
            System.Globalization.CultureInfo.InvariantCulture) % 2 == 0).ToList();
        var answer = new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent(string.Concat(passed.Select(line => line + "\n"))),
        };
        answer.TrailingHeaders.TryAddWithoutValidation("OptOut-Passed", $"{passed.Count}");
        answer.TrailingHeaders.TryAddWithoutValidation("OptOut-Stopped", $"{lines.Length - passed.Count}");
        answer.TrailingHeaders.TryAddWithoutValidation("OptOut-Unreadable", "0");
        return answer;
    }
}
