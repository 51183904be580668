using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.RabbitMq;

namespace OptOut.Service.Propagation.Schedules;

/// <summary>When a delivery is tried next: a function of values. Draws are uniform in [0, 1).</summary>
internal static class RetryPlan
{
    /// <summary>A parked delivery is tried once a day.</summary>
    public static readonly TimeSpan ParkedInterval = TimeSpan.FromDays(1);

    /// <summary>
    /// Delays move by up to this share, both ways, so that what failed together does not come back together.
    /// </summary>
    public const double JitterShare = 0.2;

    private static readonly TimeSpan[] WebhookDelays =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2),
        TimeSpan.FromHours(5), TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20),
        TimeSpan.FromHours(24),
    ];

    private static readonly TimeSpan[] BrokerAwayDelays =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)];

    // The queue is made again at once, so the first tries come soon.
    private static readonly TimeSpan[] UnroutableDelays =
        [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1)];

    private static readonly TimeSpan[] FailedWordDelays =
        [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromHours(1)];

    private static readonly TimeSpan[] MailReminders =
        [TimeSpan.FromDays(1), TimeSpan.FromDays(2), TimeSpan.FromDays(4), TimeSpan.FromDays(7)];

    private static readonly TimeSpan UnknownQueueDelay = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan[] CheckOffsets =
    [
        TimeSpan.Zero, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15),
        .. Enumerable.Range(1, 24).Select(hours => TimeSpan.FromHours(hours)),
    ];

    /// <summary>After a try that left the delivery open.</summary>
    public static RetryDecision AfterAttempt(
        DeliveryProgress progress, AttemptResult result, DateTimeOffset now, double draw) =>
        progress.ChannelType switch
        {
            ChannelTypes.RabbitMq => AfterPublish(progress, result, now, draw),
            ChannelTypes.Pull => AfterPull(progress, now),
            ChannelTypes.Smtp when result.Outcome == AttemptOutcome.Sent => AfterMail(progress, now, draw),
            _ => AfterCall(progress, result, now, draw),
        };

    /// <summary>After a look at the queue of a confirmed message that needed no publishing.</summary>
    public static RetryDecision AfterCheck(DeliveryProgress progress, DateTimeOffset now)
    {
        // Points of time, not delays: looks leave no trace that could be counted.
        var start = progress.FirstSentAt > progress.ApplyBy ? progress.FirstSentAt.Value : progress.ApplyBy;
        foreach (var offset in CheckOffsets)
        {
            if (start + offset > now)
            {
                return new RetryDecision.CheckAt(start + offset);
            }
        }

        return new RetryDecision.Park(now + ParkedInterval);
    }

    /// <summary>After a look at a queue; a broker that could not be asked is asked again soon.</summary>
    public static RetryDecision AfterLook(DeliveryProgress progress, QueueState state, DateTimeOffset now) =>
        state is QueueState.Unknown ? new RetryDecision.CheckAt(now + UnknownQueueDelay) : AfterCheck(progress, now);

    /// <summary>
    /// After a system's word that closes nothing. A failure is tried again by the steps of the channel it came over;
    /// what was only received is asked about by the schedule of what was sent, so that it is never asked in a circle.
    /// </summary>
    public static RetryDecision AfterOpenWord(DeliveryProgress progress, bool failed, DateTimeOffset now, double draw) =>
        failed && progress.ChannelType is ChannelTypes.RabbitMq or ChannelTypes.Pull ? AfterFailedWord(progress, now, draw)
            : failed ? AfterCall(progress, new AttemptResult(AttemptOutcome.BadStatus, now, now), now, draw)
            : AfterAttempt(progress, new AttemptResult(AttemptOutcome.Sent, now, now), now, draw);

    /// <summary>
    /// Whether a confirmed message whose objective has passed goes out again: its queue was lost, purged or drained.
    /// What a consumer holds unacknowledged cannot be seen; sending that twice is harmless, losing it is not.
    /// </summary>
    public static bool MustPublishAgain(QueueState state) =>
        state is QueueState.Missing or QueueState.Present { Ready: 0 };

    // The steps of the looks, as delays: what has been applied wrongly is not put right by hurry. A day after the objective
    // it is tried daily, and the publication then parks it.
    private static RetryDecision.RetryAt AfterFailedWord(DeliveryProgress progress, DateTimeOffset now, double draw)
    {
        var start = progress.FirstSentAt > progress.ApplyBy ? progress.FirstSentAt.Value : progress.ApplyBy;
        var delay = now >= start + CheckOffsets[^1] ? ParkedInterval : Step(FailedWordDelays, progress.Attempts);
        return new RetryDecision.RetryAt(now + Jittered(delay, draw));
    }

    private static RetryDecision AfterPublish(
        DeliveryProgress progress, AttemptResult result, DateTimeOffset now, double draw) => result.Outcome switch
    {
        AttemptOutcome.Sent => AfterCheck(progress with { FirstSentAt = progress.FirstSentAt ?? result.EndedAt }, now),
        AttemptOutcome.Unroutable => new RetryDecision.RetryAt(now + Jittered(Step(UnroutableDelays, progress.Attempts), draw)),
        // The broker's absence is not the message's fault: never parked for it.
        _ => new RetryDecision.RetryAt(now + Jittered(Step(BrokerAwayDelays, progress.Attempts), draw)),
    };

    // The system comes for it when it likes, and gets it again until it has answered: no step of ours, only its objective.
    private static RetryDecision.CheckAt AfterPull(DeliveryProgress progress, DateTimeOffset now) =>
        new(Later(progress.ApplyBy, now));

    // A person reads it, perhaps tomorrow. Reminders come when the objective has passed, and no sooner than a day.
    private static RetryDecision AfterMail(DeliveryProgress progress, DateTimeOffset now, double draw)
    {
        var exhausted = progress.Attempts > MailReminders.Length;
        var delay = exhausted ? ParkedInterval : Step(MailReminders, progress.Attempts);
        var next = Later(now + Jittered(delay, draw), progress.ApplyBy);
        return exhausted ? new RetryDecision.Park(next) : new RetryDecision.RetryAt(next);
    }

    private static RetryDecision AfterCall(
        DeliveryProgress progress, AttemptResult result, DateTimeOffset now, double draw)
    {
        var exhausted = progress.Attempts > WebhookDelays.Length;
        var delay = exhausted ? ParkedInterval : Step(WebhookDelays, progress.Attempts);
        var next = Later(now + Jittered(delay, draw), now + (result.RetryAfter ?? TimeSpan.Zero));
        if (result.Outcome is AttemptOutcome.Sent or AttemptOutcome.Acknowledged)
        {
            next = Later(next, progress.ApplyBy);
        }

        return exhausted ? new RetryDecision.Park(next) : new RetryDecision.RetryAt(next);
    }

    private static TimeSpan Step(TimeSpan[] delays, int attempts) =>
        delays[Math.Clamp(attempts - 1, 0, delays.Length - 1)];

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static TimeSpan Jittered(TimeSpan delay, double draw) => delay * (1 + (JitterShare * ((2 * draw) - 1)));
}
