using OptOut.Contracts;

namespace OptOut.Subscriber.Acknowledging;

/// <summary>Signs a body of this system's under an id of its own.</summary>
internal sealed class AcknowledgementSigner(SecretRing ring, TimeProvider clock)
{
    internal WebhookHeaders Sign(ReadOnlySpan<byte> body)
    {
        var now = clock.GetUtcNow();
        return StandardWebhooks.SignAll(ring.Secrets, $"msg_{Guid.CreateVersion7(now):N}", now, body);
    }
}
