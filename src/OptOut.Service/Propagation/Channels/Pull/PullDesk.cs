using OptOut.Service.Propagation.Dispatch;
using OptOut.Service.Propagation.Schedules;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Channels.Pull;

/// <summary>Events handed over in one answer, in order, and after which delivery the rest begins; null where none is left.</summary>
internal sealed record PulledPage(IReadOnlyList<OutgoingDelivery> Events, Guid? Next);

/// <summary>
/// Hands events to a system that asks for them. Each is an attempt with its evidence, stored before the answer leaves:
/// a system never holds an event that the service does not know it gave.
/// </summary>
internal sealed class PullDesk(PullClaims claims, EventBuilder events, DispatchResults results, TimeProvider clock)
{
    /// <summary>Looks at most, where all that a look finds has been overtaken by newer versions.</summary>
    private const int MaxLooks = 10;

    public async Task<PulledPage> TakeAsync(
        DownstreamSystem system, Guid after, int limit, CancellationToken cancellationToken)
    {
        for (var look = 1; ; look++)
        {
            var started = clock.GetUtcNow();
            // One more than asked for says whether there is a next page.
            var found = await claims.OpenAsync(system, after, limit + 1, cancellationToken);
            var more = found.Count > limit;
            if (more)
                found.RemoveAt(limit);
            var given = await GiveAsync(found, started, cancellationToken);
            if (given.Count > 0 || !more || look == MaxLooks)
                return new PulledPage(given, more ? found[^1].DeliveryId : null);
            after = found[^1].DeliveryId;
        }
    }

    private async Task<IReadOnlyList<OutgoingDelivery>> GiveAsync(
        List<ClaimedDelivery> found, DateTimeOffset started, CancellationToken cancellationToken)
    {
        await results.SupersedeAsync([.. found.Where(d => d.IsOutdated).Select(d => d.DeliveryId)], cancellationToken);
        var (deliveries, outgoing, unreadable) = await events.BuildAsync(
            [.. found.Where(d => !d.IsOutdated)], cancellationToken);
        await results.PutOffAsync(unreadable, cancellationToken);
        var now = clock.GetUtcNow();
        var result = new AttemptResult(AttemptOutcome.Sent, started, now);
        await results.StoreAsync([.. deliveries.Select(delivery => new TriedDelivery(delivery, result,
            RetryPlan.AfterAttempt(delivery.Progress(delivery.Attempts + 1), result, now, draw: 0)))], cancellationToken);
        return outgoing;
    }
}
