using Npgsql;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.RabbitMq;
using OptOut.Service.Propagation.Schedules;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Dispatch;

/// <summary>
/// Hands due deliveries to the broker. Workers split the owned parts between them; each takes up to 500, publishes,
/// waits for the confirms, stores what came of them, and starts anew: at once while there is more, else on a commit's
/// signal or after a second. After a pass that found many it lets more gather before the next: each pass costs the
/// database and the broker something, however few it is about.
/// </summary>
internal sealed partial class RabbitMqDispatcher(
    DeliveryClaims claims,
    EventBuilder events,
    RabbitMqChannel channel,
    RabbitMqTopology topology,
    RabbitMqLink link,
    DispatchResults results,
    SystemDirectory systems,
    PartitionOwnership ownership,
    DispatchSignal signal,
    SurgeSignal surge,
    TimeProvider clock,
    ILogger<RabbitMqDispatcher> logger) : BackgroundService
{
    /// <summary>Each waits for the database and the broker in turn; four keep both busy at the same time.</summary>
    private const int Workers = DispatchSignal.Lanes;

    // Up to the first, events are handed over one by one; from the second on there are hundreds a second for each
    // worker, and what waits a tenth of a second more shares its costs with many others.
    private const int Many = 16;
    private const int VeryMany = 64;
    private static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongGatherTime = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    // While stops crowd in, a worker makes a pass this often, as long as nothing of it waits for too long.
    private static readonly TimeSpan SurgePause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SurgeLook = TimeSpan.FromMilliseconds(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => RunAsync(worker, stoppingToken)));

    private async Task RunAsync(int worker, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var woken = signal.NextAsync(worker);
            var (found, mayWait) = (0, false);
            try
            {
                (found, mayWait) = await PassAsync(worker, stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it was, stops must go out: an exception that got away would end the whole service.
                LogPassFailed(exception.GetType().Name, (exception as PostgresException)?.SqlState);
                woken = Task.Delay(PollInterval, clock, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (mayWait)
                await LetRecordingGoFirstAsync(stoppingToken);
            if (found < channel.BatchSize)
                await Task.WhenAny(woken, Task.Delay(PollInterval, clock, stoppingToken));
            if (found >= Many && found < channel.BatchSize)
                await Task.Delay(found >= VeryMany ? LongGatherTime : GatherTime, clock, stoppingToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LetRecordingGoFirstAsync(CancellationToken stoppingToken)
    {
        var since = clock.GetTimestamp();
        while (surge.IsOn && clock.GetElapsedTime(since) < SurgePause && !stoppingToken.IsCancellationRequested)
            await Task.Delay(SurgeLook, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>How many were due, and whether all of them were young. Where that is a full batch, there may be more.</summary>
    private async Task<(int Found, bool MayWait)> PassAsync(int worker, CancellationToken stoppingToken)
    {
        // A broker that is away is one fact, not one failed attempt for each row: they stay pending, with their age.
        if (link.Publishing is null)
            return (0, false);
        using var lease = ownership.Enter(part => DispatchSignal.LaneOf(part) == worker);
        var targets = (await systems.RecentAsync(stoppingToken)).All
            .Where(s => s.Channel.Type == ChannelTypes.RabbitMq && s is { IsPaused: false, IsRetired: false })
            .Select(s => (s, channel.BatchSize))
            .ToArray();
        Random.Shared.Shuffle(targets); // No system's backlog is always first.
        var due = await claims.DueAsync(targets, lease.Parts, [], channel.BatchSize, stoppingToken);
        if (due.Count == 0)
            return (0, false);

        var outdated = due.Where(d => d.IsOutdated).Select(d => d.DeliveryId).ToList();
        await results.SupersedeAsync(outdated, stoppingToken);
        var (publish, looked, parked) = await LookAsync(due.Where(d => !d.IsOutdated), stoppingToken);
        await results.RescheduleAsync(looked, stoppingToken);
        await results.ParkAsync(parked, stoppingToken);
        if (publish.Count > 0)
            await PublishAsync(publish, stoppingToken);
        var now = clock.GetUtcNow();
        return (due.Count, due.TrueForAll(delivery => delivery.MayWait(now)));
    }

    /// <summary>What the broker has confirmed before goes out again only where its queue has lost it.</summary>
    private async Task<Looks> LookAsync(IEnumerable<ClaimedDelivery> due, CancellationToken cancellationToken)
    {
        var parked = new List<(ClaimedDelivery, DateTimeOffset)>();
        var publish = new List<ClaimedDelivery>();
        var looked = new List<(Guid, DateTimeOffset)>();
        var states = new Dictionary<int, QueueState>();
        foreach (var delivery in due)
        {
            if (!IsConfirmed(delivery))
            {
                publish.Add(delivery);
                continue;
            }

            if (!states.TryGetValue(delivery.System.Id, out var state))
                states.Add(delivery.System.Id,
                    state = await topology.QueueStateAsync(delivery.System.Name, cancellationToken));
            if (RetryPlan.MustPublishAgain(state))
                publish.Add(delivery);
            else if (RetryPlan.AfterLook(delivery.Progress(delivery.Attempts), state, clock.GetUtcNow()) is var next
                && next is RetryDecision.Park)
                parked.Add((delivery, next.At));
            else
                looked.Add((delivery.DeliveryId, next.At));
        }

        return new Looks(publish, looked, parked);
    }

    /// <summary>A parked one that the queue still holds is not put there a second time.</summary>
    private static bool IsConfirmed(ClaimedDelivery delivery) =>
        delivery.State is DeliveryStates.Sent or DeliveryStates.Received
        || (delivery.State == DeliveryStates.Parked && delivery.WasSent);

    private async Task PublishAsync(List<ClaimedDelivery> due, CancellationToken stoppingToken)
    {
        var (publish, outgoing, unreadable) = await events.BuildAsync(due, stoppingToken);
        await results.PutOffAsync(unreadable, stoppingToken);
        if (publish.Count == 0)
            return;
        var answers = await channel.SendAsync(outgoing, stoppingToken);
        var now = clock.GetUtcNow();
        var tried = new List<TriedDelivery>(publish.Count);
        for (var i = 0; i < publish.Count; i++)
        {
            // Nothing is known about an interrupted try: the row stays due and is sent again.
            if (answers[i].Outcome == AttemptOutcome.Interrupted)
                continue;
            var next = RetryPlan.AfterAttempt(
                publish[i].Progress(publish[i].Attempts + 1), answers[i], now, Random.Shared.NextDouble());
            tried.Add(new TriedDelivery(publish[i], answers[i], next));
        }

        // What the broker has confirmed must be stored even while the process stops.
        await results.StoreAsync(tried, CancellationToken.None);
    }

    private readonly record struct Looks(
        List<ClaimedDelivery> Publish,
        List<(Guid DeliveryId, DateTimeOffset At)> Looked,
        List<(ClaimedDelivery Delivery, DateTimeOffset At)> Parked);

    [LoggerMessage(320, LogLevel.Warning, "A dispatch pass to the broker failed with {ErrorType} {SqlState}; it is repeated")]
    private partial void LogPassFailed(string errorType, string? sqlState);
}
