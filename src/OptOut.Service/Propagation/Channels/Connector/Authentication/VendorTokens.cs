using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using OptOut.Service.Propagation.Channels.Connector.Calling;
using OptOut.Service.Propagation.Channels.Connector.Templates;

namespace OptOut.Service.Propagation.Channels.Connector.Authentication;

/// <summary>An access token, or how the request for one ended.</summary>
internal sealed record IssuedToken(string? Text, VendorAnswer Answer)
{
    public override string ToString() => Text is null ? "no token" : "token";
}

/// <summary>
/// Keeps one access token a system in memory until shortly before it ends. One caller fetches, the others wait for it;
/// a token that the vendor refuses is fetched anew once, however many calls were refused with it.
/// </summary>
internal sealed class VendorTokens(VendorHttp http, TimeProvider clock) : IDisposable
{
    /// <summary>A token is replaced this long before its end.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(60);

    /// <summary>Where the vendor does not say how long it holds.</summary>
    private static readonly TimeSpan DefaultLife = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<int, Slot> _slots = new();

    /// <param name="refused">The token that the vendor has just refused; null where none was.</param>
    public async Task<IssuedToken> GetAsync(
        int systemId, VendorAuthentication.OAuth2 plan, Uri endpoint, TemplateValues values, string? refused,
        CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(systemId, _ => new Slot());
        var request = Request(plan, endpoint, values);
        var fingerprint = $"{request.Url}\n{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(
            Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(request.Body) + string.Concat(request.Headers))))}";
        await slot.Gate.WaitAsync(cancellationToken);
        try
        {
            if (slot.Token is { } held && held != refused && slot.Fingerprint == fingerprint
                && clock.GetElapsedTime(slot.Since) < slot.Life)
                return new IssuedToken(held, VendorAnswer.Without(AttemptOutcome.Sent));
            var answer = await http.SendAsync(request.ToMessage(), cancellationToken);
            if (answer.Outcome != AttemptOutcome.Sent || Read(answer.Body) is not var (token, life))
                return new IssuedToken(null, answer);
            (slot.Token, slot.Life, slot.Since, slot.Fingerprint) = (token, life, clock.GetTimestamp(), fingerprint);
            return new IssuedToken(token, answer);
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    public void Dispose()
    {
        foreach (var slot in _slots.Values)
            slot.Dispose();
    }

    private static ComposedRequest Request(VendorAuthentication.OAuth2 plan, Uri endpoint, TemplateValues values)
    {
        string Text(Template template) => template.Render(values, TemplateContext.Text);
        var place = plan.TokenUrl.Render(values, TemplateContext.Url);
        var url = place.StartsWith('/') ? new Uri(endpoint.GetLeftPart(UriPartial.Authority) + place) : new Uri(place);
        var (id, secret) = (Text(plan.ClientId), Text(plan.ClientSecret));
        List<(string Name, string Value)> form = [("grant_type", "client_credentials")];
        if (plan.Scope is { } scope)
            form.Add(("scope", Text(scope)));
        if (plan.Audience is { } audience)
            form.Add(("audience", Text(audience)));
        List<(string, string)> headers = [("Accept", "application/json")];
        if (plan.InBody)
            form.AddRange([("client_id", id), ("client_secret", secret)]);
        else
            // RFC 6749, section 2.3.1: both are form-encoded before they are joined.
            headers.Add(("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(
                $"{Uri.EscapeDataString(id)}:{Uri.EscapeDataString(secret)}"))));
        var body = string.Join('&', form.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"));
        return new ComposedRequest(HttpMethod.Post, url, headers, Encoding.UTF8.GetBytes(body), "application/x-www-form-urlencoded");
    }

    private static (string Token, TimeSpan Life)? Read(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("access_token", out var token)
                || token.GetString() is not { Length: > 0 and <= 8192 } text || text.Any(c => c is <= ' ' or > '~'))
                return null;
            var life = document.RootElement.TryGetProperty("expires_in", out var seconds)
                && seconds.ValueKind == JsonValueKind.Number && seconds.TryGetInt32(out var number) && number > 0
                    ? TimeSpan.FromSeconds(number) : DefaultLife;
            return (text, life > 2 * Margin ? life - Margin : life / 2);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private sealed class Slot : IDisposable
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);
        public string? Token { get; set; }
        public string? Fingerprint { get; set; }
        public TimeSpan Life { get; set; }
        public long Since { get; set; }

        public void Dispose() => Gate.Dispose();
    }
}
