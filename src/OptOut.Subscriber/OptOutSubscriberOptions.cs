namespace OptOut.Subscriber;

/// <summary>Who this system is, and how patiently it tries.</summary>
public sealed class OptOutSubscriberOptions
{
    /// <summary>The name under which the system is registered: <c>[a-z0-9-]{1,63}</c>. Required.</summary>
    public string System { get; set; } = "";

    /// <summary>
    /// The secret that registration answered: <c>whsec_…</c>. During a rotation two, separated by a space: either is
    /// accepted, and acknowledgements are signed with both. Required.
    /// </summary>
    public string Secret { get; set; } = "";

    /// <summary>How often the handler is called for one delivery before it is acknowledged as failed: 1 to 20.</summary>
    public int MaxAttempts { get; set; } = 5;

    /// <summary>Pause before the second attempt; doubles from then on, with jitter. 1 ms to 1 min.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause between two attempts: up to 5 min.</summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one call of the handler may take: up to 5 min.</summary>
    public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Over webhooks, the time for all attempts; the caller hangs up after 15 s.</summary>
    public TimeSpan WebhookBudget { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether <c>received</c> is acknowledged before the handler is called. Not over webhooks.</summary>
    public bool AcknowledgeReceived { get; set; }
}
