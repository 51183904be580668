namespace OptOut.Service.Propagation.Schedules;

/// <summary>What happens to a delivery after a try or a look at its queue, and when.</summary>
internal abstract record RetryDecision(DateTimeOffset At)
{
    /// <summary>Try again at this time.</summary>
    internal sealed record RetryAt(DateTimeOffset At) : RetryDecision(At);

    /// <summary>
    /// The broker holds the message: look at its queue at this time and publish again only where the queue has
    /// lost it (<see cref="RetryPlan.MustPublishAgain"/>).
    /// </summary>
    internal sealed record CheckAt(DateTimeOffset At) : RetryDecision(At);

    /// <summary>The schedule is exhausted: alarm, and try daily, next at this time.</summary>
    internal sealed record Park(DateTimeOffset At) : RetryDecision(At);
}

/// <summary>
/// How far a delivery has come. <see cref="Attempts"/> counts the tries made, the one just ended included;
/// <see cref="FirstSentAt"/> is the first time the broker or the receiver took it, null before that.
/// </summary>
internal sealed record DeliveryProgress(
    string ChannelType,
    int Attempts,
    DateTimeOffset ApplyBy,
    DateTimeOffset? FirstSentAt);
