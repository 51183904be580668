using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OptOut.Contracts;
using OptOut.Subscriber.Acknowledging;
using OptOut.Subscriber.Processing;

namespace OptOut.Subscriber.RabbitMq;

/// <summary>
/// Decides what becomes of one message: only a genuine event is handled, and the broker is told that it is done only
/// after the service has the acknowledgement.
/// </summary>
internal sealed class DeliveryReception(
    NoticeProcessor processor,
    SecretRing ring,
    IOptions<OptOutSubscriberOptions> options,
    TimeProvider clock,
    ILogger<DeliveryReception> log)
{
    // With pauses from 0.2 s to 5 s about half a minute: enough for a broker's leader to change.
    private const int MaxSendAttempts = 10;

    internal async Task<Settlement> ReceiveAsync(
        WebhookHeaders headers, ReadOnlyMemory<byte> body, IAcknowledgementSender sender, CancellationToken stopping)
    {
        var (told, fault) = Open(headers, body.Span);
        if (told is null)
        {
            log.Unreadable(fault, body.Length);
            SubscriberTelemetry.Unread(fault);
            return Settlement.Reject;
        }

        if (options.Value.AcknowledgeReceived) await SendAsync(sender, Answers.Received(told.Data), told, 1, stopping);
        var answer = await processor.ProcessAsync(told, budget: null, stopping);
        if (!await SendAsync(sender, answer, told, MaxSendAttempts, stopping)) return Settlement.Requeue;
        if (answer.Outcome != AcknowledgementOutcome.Failed) return Settlement.Ack;
        log.PutAside(answer.DeliveryId);
        return Settlement.Reject;
    }

    // A message may have waited out an outage: the time is signed, but its age is not judged.
    private (OptOutEvent? Told, string Fault) Open(WebhookHeaders headers, ReadOnlySpan<byte> body)
    {
        if (body.Length > ContractLimits.MaxMessageBytes) return (null, "too_large");
        var verdict = StandardWebhooks.Verify(headers, body, ring.Secrets, clock.GetUtcNow(), tolerance: null);
        if (verdict != SignatureVerdict.Ok) return (null, WireNames.Of(verdict));
        var told = OptOutEvent.TryParse(body);
        if (told is null) return (null, "unreadable");
        return EventTypes.IsKnown(told.Type) ? (told, "") : (null, "unknown_type");
    }

    private async Task<bool> SendAsync(
        IAcknowledgementSender sender, Acknowledgement answer, OptOutEvent told, int attempts, CancellationToken stopping)
    {
        for (var attempt = 1; attempt <= attempts; attempt++)
        {
            try
            {
                if (attempt > 1) await Task.Delay(Backoff.Pause(attempt, options.Value), clock, stopping);
                await sender.SendAsync(answer, told.TraceParent, stopping);
                return true;
            }
            catch (Exception failure) when (!stopping.IsCancellationRequested)
            {
                log.NotAcknowledged(answer.DeliveryId, attempt, failure.GetType().Name);
            }
        }

        return false;
    }
}
