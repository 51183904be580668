using System.Net.Http.Headers;

namespace OptOut.Cli.Running;

/// <summary>Calls the service. The key, where one is set, goes into the header and nowhere else.</summary>
internal sealed class Api : IDisposable
{
    private const int MaxAnswerBytes = 32 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;

    public Api(Uri url)
    {
        // A redirect could carry the key elsewhere.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = url,
            Timeout = Patience,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        if (Secrets.Find(Secrets.ApiKey) is { } key)
        {
            HasKey = true;
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
    }

    public bool HasKey { get; }

    /// <summary>The answer's status and body, whatever it is.</summary>
    public async Task<(int Status, byte[] Body)> SendAsync(
        HttpMethod method, string path, byte[]? json, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (json is not null)
        {
            request.Content = new ByteArrayContent(json);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var answer = await _http.SendAsync(request, cancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    /// <summary>The body of a 200; null for 404.</summary>
    /// <exception cref="CommandException">Another status.</exception>
    public async Task<byte[]?> GetAsync(string path, CancellationToken cancellationToken)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return status switch
        {
            200 => body,
            404 => null,
            401 or 403 => throw CommandException.CouldNot($"The service refused the key in {Secrets.ApiKey} ({status})."),
            _ => throw CommandException.CouldNot($"The service answered {status}."),
        };
    }

    public void Dispose() => _http.Dispose();
}
