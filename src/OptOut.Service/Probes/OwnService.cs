using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using OptOut.Service.Access;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Probes;

/// <summary>
/// This service as its callers see it: over HTTP, through every layer, on its own loopback address. Nothing of it is called
/// directly, so what a caller would not get, a probe does not get either.
/// </summary>
internal sealed class OwnService(IServer server, InternalKey key) : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        // Its own certificate names the outside and not the loopback address; everything else about it must hold.
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = static (_, _, _, errors) =>
                (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
        },
    })
    {
        Timeout = CallTimeout,
    };

    /// <summary>Sends JSON under the probe's own key. A status that was not expected, as a word.</summary>
    public async Task<JsonElement> SendAsync(
        HttpMethod method, string path, string? json, HttpStatusCode expected, CancellationToken cancellationToken,
        string? prefer = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Base(), path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key.Text);
        if (prefer is not null) request.Headers.TryAddWithoutValidation("Prefer", prefer);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request, cancellationToken);
        if (response.StatusCode != expected)
            throw new ProbeFailedException($"status_{(int)response.StatusCode}");
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return await JsonSerializer.DeserializeAsync(body, ProbeJson.Strict.JsonElement, cancellationToken);
    }

    /// <summary>What a browser or a mail client does with a link: no key, no cookie.</summary>
    public async Task<HttpStatusCode> PressAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(Base(), path));
        if (method == HttpMethod.Post)
            request.Content = new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]);
        using var response = await _http.SendAsync(request, cancellationToken);
        return response.StatusCode;
    }

    public void Dispose() => _http.Dispose();

    private Uri Base()
    {
        var listening = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
            ?? throw new ProbeFailedException("not_listening");
        var address = BindingAddress.Parse(listening);
        var host = address.Host is "+" or "*" or "0.0.0.0" or "[::]" ? "127.0.0.1" : address.Host;
        return new UriBuilder(address.Scheme, host, address.Port).Uri;
    }
}

/// <summary>A probe did not get what a caller must get.</summary>
internal sealed class ProbeFailedException(string code) : Exception($"The probe failed: {code}.")
{
    public string Code { get; } = code;
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonElement))]
internal sealed partial class ProbeJson : System.Text.Json.Serialization.JsonSerializerContext
{
    public static ProbeJson Strict { get; } = new(OptOutJson.NewOptions());
}
