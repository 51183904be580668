using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using OptOut.Contracts;
using OptOut.Service.Platform.Http;
using OptOut.Service.Propagation.Channels.Webhook;

namespace OptOut.Service.Audit.Alerts;

/// <summary>Posts alerts, signed as Standard Webhooks has it, under the same guard as every call of ours.</summary>
internal sealed class WebhookAlerts(AlertHook hook, WebhookOptions options, TimeProvider clock) : IAlertChannel, IDisposable
{
    private readonly TargetPolicy _policy = new(options.AllowPrivateTargets);

    private readonly HttpMessageInvoker _http =
        WebhookHttp.Create(options, new TargetPolicy(options.AllowPrivateTargets), Dns.GetHostAddressesAsync);

    public string Name => hook.Name;

    public string MinSeverity => hook.MinSeverity;

    public async Task<string?> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        if (_policy.CheckUrl(hook.Url) is not null) return "target_forbidden";
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(options.TotalTimeout);
        using var request = Request(message);
        try
        {
            using var response = await _http.SendAsync(request, bound.Token);
            return response.IsSuccessStatusCode
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"status_{(int)response.StatusCode}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "timed_out";
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return exception.InnerException is WebhookRefusedException ? "target_forbidden" : "unavailable";
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(AlertMessage message)
    {
        var now = clock.GetUtcNow();
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new AlertEvent($"org.optout.finding.{message.Event}.v1", now, message), AlertsJson.Strict.AlertEvent);
        var signed = StandardWebhooks.SignAll([hook.Secret], message.AlertId, now, body);
        var request = new HttpRequestMessage(HttpMethod.Post, hook.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "OptOut/1");
        request.Headers.TryAddWithoutValidation(WebhookHeaders.IdName, signed.Id);
        request.Headers.TryAddWithoutValidation(WebhookHeaders.TimestampName, signed.Timestamp);
        request.Headers.TryAddWithoutValidation(WebhookHeaders.SignatureName, signed.Signature);
        return request;
    }
}

/// <summary>The body of such a call: type, time and data, as Standard Webhooks recommends.</summary>
internal sealed record AlertEvent(string Type, DateTimeOffset Timestamp, AlertMessage Data);

[JsonSerializable(typeof(AlertEvent))]
internal sealed partial class AlertsJson : JsonSerializerContext
{
    public static AlertsJson Strict { get; } = new(OptOutJson.NewOptions());
}
