using System.Net.Http.Headers;
using System.Text;
using OptOut.IntegrationTests.Fixtures;

namespace OptOut.IntegrationTests.Enforcement;

/// <summary>What came out of a filter, with its trailers.</summary>
internal sealed record Filtered(int Status, string Text, long? Passed, long? Stopped, long? Unreadable);

internal static class Filtering
{
    public static async Task<HttpResponseMessage> OpenFilterAsync(
        this RunningService service, HttpContent lines, string query = "purpose=marketing&channel=email", string role = "gate")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/suppressions/filter?" + query) { Content = lines };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await service.KeyOfAsync(role));
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
