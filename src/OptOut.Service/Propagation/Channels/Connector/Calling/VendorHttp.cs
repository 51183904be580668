using System.Net;
using OptOut.Service.Propagation.Channels.Webhook;

namespace OptOut.Service.Propagation.Channels.Connector.Calling;

/// <summary>
/// Sends requests to vendors under the rules of webhooks: the same check of every address, no redirect, 15 s, 64 KiB.
/// </summary>
internal sealed class VendorHttp(WebhookOptions options, TargetPolicy policy, ResolveName resolve, TimeProvider clock) : IDisposable
{
    private readonly HttpMessageInvoker _http = WebhookHttp.Create(options, policy, resolve);

    public VendorHttp(WebhookOptions options, TargetPolicy policy, TimeProvider clock)
        : this(options, policy, Dns.GetHostAddressesAsync, clock)
    {
    }

    public async Task<VendorAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri is not { } url || policy.CheckUrl(url) is not null)
            return VendorAnswer.Without(AttemptOutcome.TargetForbidden);
        using var bound = new CancellationTokenSource(options.TotalTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancellationToken);
        try
        {
            using var response = await _http.SendAsync(request, either.Token).ConfigureAwait(false);
            var outcome = AnswerReader.Outcome(response.StatusCode);
            var retryAfter = outcome == AttemptOutcome.Sent ? null : AnswerReader.RetryAfter(response, clock.GetUtcNow());
            // A body that is too long is no answer that any rule reads; its status still is.
            var body = await AnswerReader.ReadAsync(response, either.Token).ConfigureAwait(false);
            return new VendorAnswer(outcome, (int)response.StatusCode, body ?? [], retryAfter);
        }
        catch (Exception exception)
            when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return VendorAnswer.Without(cancellationToken.IsCancellationRequested
                ? AttemptOutcome.Interrupted
                : WebhookChannel.Outcome(exception));
        }
    }

    public void Dispose() => _http.Dispose();
}
