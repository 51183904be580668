using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using OptOut.Contracts;

namespace OptOut.Service.Propagation.Channels.Webhook;

/// <summary>
/// Posts events to a receiver's URL, signed, and reports its answer. It never follows and never retries.
/// </summary>
internal sealed class WebhookChannel(
    WebhookOptions options, TargetPolicy policy, ResolveName resolve, TimeProvider clock)
    : ICalledChannel, IDisposable
{
    private const string ContentType = "application/cloudevents+json; charset=utf-8";
    private const string UserAgent = "OptOut/1";

    private readonly HttpMessageInvoker _http = WebhookHttp.Create(options, policy, resolve);

    public WebhookChannel(WebhookOptions options, TargetPolicy policy, TimeProvider clock)
        : this(options, policy, Dns.GetHostAddressesAsync, clock)
    {
    }

    public string Type => ChannelTypes.Webhook;

    public int BatchSize => 1;

    public async ValueTask<AttemptResult[]> SendAsync(
        IReadOnlyList<OutgoingDelivery> batch, CancellationToken cancellationToken)
    {
        var results = new AttemptResult[batch.Count];
        for (var index = 0; index < results.Length; index++)
        {
            results[index] = await SendAsync(batch[index], cancellationToken).ConfigureAwait(false);
        }

        return results;
    }

    public void Dispose() => _http.Dispose();

    private async Task<AttemptResult> SendAsync(OutgoingDelivery delivery, CancellationToken cancellationToken)
    {
        var startedAt = clock.GetUtcNow();
        if (delivery.Target.Url is not { } url || policy.CheckUrl(url) is not null)
        {
            return new AttemptResult(AttemptOutcome.TargetForbidden, startedAt, startedAt);
        }

        using var bound = new CancellationTokenSource(options.TotalTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        using var request = Request(delivery, url, startedAt);
        try
        {
            using var response = await _http.SendAsync(request, either.Token).ConfigureAwait(false);
            var outcome = AnswerReader.Outcome(response.StatusCode);
            return new AttemptResult(
                outcome,
                startedAt,
                clock.GetUtcNow(),
                (int)response.StatusCode,
                outcome == AttemptOutcome.Sent ? null : AnswerReader.RetryAfter(response, clock.GetUtcNow()),
                await AnswerOrNothingAsync(response, either.Token).ConfigureAwait(false));
        }
        catch (Exception exception)
            when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            var outcome = cancellationToken.IsCancellationRequested
                ? AttemptOutcome.Interrupted
                : Outcome(exception);
            return new AttemptResult(outcome, startedAt, clock.GetUtcNow());
        }
    }

    private static HttpRequestMessage Request(OutgoingDelivery delivery, Uri url, DateTimeOffset now)
    {
        var signed = StandardWebhooks.SignAll(
            delivery.Target.SigningKeys, $"dlv_{delivery.DeliveryId:N}", now, delivery.Body.Span);
        var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new ReadOnlyMemoryContent(delivery.Body),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        request.Headers.TryAddWithoutValidation(WebhookHeaders.IdName, signed.Id);
        request.Headers.TryAddWithoutValidation(WebhookHeaders.TimestampName, signed.Timestamp);
        request.Headers.TryAddWithoutValidation(WebhookHeaders.SignatureName, signed.Signature);
        if (delivery.TraceParent is { } traceParent)
        {
            request.Headers.TryAddWithoutValidation(BrokerNames.TraceParentHeader, traceParent);
        }

        return request;
    }

    // The status has come: a body that breaks off or never ends makes a signed answer a mere 200.
    private static async Task<WebhookAnswer?> AnswerOrNothingAsync(
        HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await AnswerReader.AnswerAsync(response, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
            when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>How a call ended that got no answer.</summary>
    internal static AttemptOutcome Outcome(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case WebhookRefusedException refused:
                    return refused.Outcome;
                case AuthenticationException:
                    return AttemptOutcome.TlsFailure;
                case HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }:
                    return AttemptOutcome.TlsFailure;
                case OperationCanceledException or TimeoutException:
                case SocketException { SocketErrorCode: SocketError.TimedOut }:
                    return AttemptOutcome.TimedOut;
            }
        }

        return AttemptOutcome.Unavailable;
    }
}
