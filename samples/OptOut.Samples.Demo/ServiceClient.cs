using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OptOut.Samples.Demo;

/// <summary>The few calls of the public API that the demo makes, as any client would.</summary>
internal sealed class ServiceClient : IDisposable
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private readonly HttpClient http;

    public ServiceClient(Uri service, string adminKey)
    {
        http = new HttpClient { BaseAddress = service, Timeout = CallLimit };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", adminKey);
    }

    /// <summary>Returns once the process answers; the caller gives up through the token.</summary>
    public async Task WaitUntilLiveAsync(CancellationToken cancellationToken)
    {
        while (!await IsLiveAsync(cancellationToken))
            await Task.Delay(Poll, cancellationToken);
    }

    /// <summary>The body and its strong ETag; null where there is no such thing.</summary>
    public async Task<(JsonNode Body, string? Tag)?> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return null;
        return (await ReadAsync(answer, cancellationToken), answer.Headers.ETag?.Tag);
    }

    public async Task<JsonNode> SendAsync(
        HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken, string? tag = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        if (tag is not null)
            request.Headers.TryAddWithoutValidation("If-Match", tag);
        using var answer = await http.SendAsync(request, cancellationToken);
        return await ReadAsync(answer, cancellationToken);
    }

    public void Dispose() => http.Dispose();

    private async Task<bool> IsLiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("/health/live", UriKind.Relative), cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new DemoException(
                $"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri!.AbsolutePath} was answered with " +
                $"{(int)answer.StatusCode}: {text}");
        }

        try
        {
            return JsonNode.Parse(text) ?? new JsonObject();
        }
        catch (JsonException)
        {
            return new JsonObject();
        }
    }
}
