namespace OptOut.Service.Propagation.Channels.Webhook;

/// <summary>Carries the reason for making no connection through the HTTP client.</summary>
internal sealed class WebhookRefusedException(AttemptOutcome outcome)
    : IOException("The webhook's target was refused.")
{
    public AttemptOutcome Outcome { get; } = outcome;
}
