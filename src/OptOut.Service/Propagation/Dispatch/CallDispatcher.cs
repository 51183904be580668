using System.Collections.Concurrent;
using System.Collections.Frozen;
using Npgsql;
using OptOut.Contracts;
using OptOut.Service.Propagation.Acknowledgements;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Schedules;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Dispatch;

/// <summary>
/// Makes the calls of every channel that is called. Each system has its own bound of calls in flight, so that a slow or hanging one holds back nobody
/// else; one opt-out is never in flight twice for one system, so that its versions arrive in order.
/// </summary>
internal sealed partial class CallDispatcher(
    DeliveryClaims claims,
    EventBuilder events,
    IEnumerable<ICalledChannel> channels,
    DispatchResults results,
    SystemBreaker breaker,
    AcknowledgementRecorder acknowledgements,
    SystemDirectory systems,
    PartitionOwnership ownership,
    DispatchSignal signal,
    TimeProvider clock,
    ILogger<CallDispatcher> logger) : BackgroundService
{
    private const int CallsPerSystem = 16;
    private const int CallsInAll = 256;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProbeLook = TimeSpan.FromMilliseconds(500);

    private readonly FrozenDictionary<string, ICalledChannel> _channels =
        channels.ToFrozenDictionary(channel => channel.Type, StringComparer.Ordinal);

    // Passes come with each commit; open breakers are looked at no more often than the clock alone would.
    private long _probedAt = long.MinValue;

    private readonly ConcurrentDictionary<Guid, ClaimedDelivery> _inFlight = new();
    private readonly ConcurrentDictionary<Guid, Task> _calls = new();
    private volatile TaskCompletionSource _callEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var woken = signal.NextAsync();
            var ended = _callEnded.Task;
            var started = 0;
            try
            {
                started = await PassAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it was, stops must go out: an exception that got away would end the whole service.
                LogPassFailed(exception.GetType().Name, (exception as PostgresException)?.SqlState);
                woken = ended = Task.Delay(PollInterval, clock, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            // With calls in flight there may be due rows behind them: look again as soon as one has ended.
            var poll = Task.Delay(PollInterval, clock, stoppingToken);
            await (started > 0 || !_inFlight.IsEmpty ? Task.WhenAny(woken, ended, poll) : Task.WhenAny(woken, poll));
        }

        // Each call is bounded, and what it learned is worth storing.
        await Task.WhenAll(_calls.Values);
    }

    private async Task<int> PassAsync(CancellationToken stoppingToken)
    {
        var lease = ownership.Enter();
        var calls = 0;
        try
        {
            var quotas = await QuotasAsync(stoppingToken);
            var due = await claims.DueAsync(
                quotas, lease.Parts, [.. _inFlight.Keys], CallsInAll - _inFlight.Count, stoppingToken);
            due.AddRange(await ProbesAsync(quotas, lease.Parts, stoppingToken));
            await results.SupersedeAsync([.. due.Where(d => d.IsOutdated).Select(d => d.DeliveryId)], stoppingToken);
            var ready = due.Where(d => !d.IsOutdated && !IsBusy(d)).DistinctBy(d => (d.OptOutId, d.System.Id)).ToList();
            if (ready.Count == 0)
                return 0;

            var (callable, outgoing, unreadable) = await events.BuildAsync(ready, stoppingToken);
            await results.PutOffAsync(unreadable, stoppingToken);
            for (; calls < callable.Count; calls++)
                Start(callable[calls], outgoing[calls], stoppingToken);
            return calls;
        }
        finally
        {
            // Each call holds its own part.
            lease.Dispose();
        }
    }

    private async Task<List<ClaimedDelivery>> ProbesAsync(
        List<(DownstreamSystem System, int Quota)> quotas, short[] parts, CancellationToken cancellationToken)
    {
        if (_probedAt != long.MinValue && clock.GetElapsedTime(_probedAt) < ProbeLook)
            return [];
        _probedAt = clock.GetTimestamp();
        return await claims.ProbesAsync(
            [.. quotas.Select(q => q.System)], parts, [.. _inFlight.Keys], cancellationToken);
    }

    private async Task<List<(DownstreamSystem, int)>> QuotasAsync(CancellationToken cancellationToken)
    {
        var busy = _inFlight.Values.GroupBy(d => d.System.Id).ToDictionary(g => g.Key, g => g.Count());
        var known = (await systems.RecentAsync(cancellationToken)).All.ToArray();
        Random.Shared.Shuffle(known); // With more systems than calls, none is always last.
        return [.. known
            .Where(s => _channels.ContainsKey(s.Channel.Type) && s is { IsPaused: false, IsRetired: false })
            .Select(s => (s, CallsPerSystem - busy.GetValueOrDefault(s.Id)))
            .Where(q => q.Item2 > 0)];
    }

    private bool IsBusy(ClaimedDelivery delivery) =>
        _inFlight.Values.Any(d => d.OptOutId == delivery.OptOutId && d.System.Id == delivery.System.Id);

    private void Start(ClaimedDelivery delivery, OutgoingDelivery outgoing, CancellationToken stoppingToken)
    {
        _inFlight[delivery.DeliveryId] = delivery;
        var lease = ownership.Hold(delivery.Part);
        _calls[delivery.DeliveryId] = Task.Run(async () =>
        {
            try
            {
                await CallAsync(delivery, outgoing, stoppingToken);
            }
            catch (Exception exception)
            {
                // The row is still due: the call is made again.
                LogResultLost(exception.GetType().Name, delivery.System.Name);
                await Task.Delay(PollInterval, clock, CancellationToken.None);
            }
            finally
            {
                _inFlight.TryRemove(delivery.DeliveryId, out _);
                _calls.TryRemove(delivery.DeliveryId, out _);
                lease.Dispose();
                Interlocked.Exchange(ref _callEnded, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
            }
        }, CancellationToken.None);
    }

    private async Task CallAsync(ClaimedDelivery delivery, OutgoingDelivery outgoing, CancellationToken stoppingToken)
    {
        var result = (await _channels[delivery.System.Channel.Type].SendAsync([outgoing], stoppingToken))[0];
        if (result.Outcome == AttemptOutcome.Interrupted)
            return;
        if (result is { Outcome: AttemptOutcome.Sent, Answer: { } answer }
            && await AcknowledgedAsync(delivery, answer))
            result = result with { Outcome = AttemptOutcome.Acknowledged };
        if (result.Word is { } word && await acknowledgements.TakeVendorWordAsync(delivery, word, CancellationToken.None)
            && word.Outcome != AcknowledgementOutcome.Failed)
            result = result with { Outcome = AttemptOutcome.Acknowledged };

        var now = clock.GetUtcNow();
        var next = RetryPlan.AfterAttempt(
            delivery.Progress(delivery.Attempts + 1), result, now, Random.Shared.NextDouble());
        var tried = new TriedDelivery(delivery, result, next);
        if (tried.IsAhead)
            tried = tried with { Next = Unmoved(delivery, now) };
        await results.StoreAsync([tried], CancellationToken.None);
        await breaker.HeardAsync(delivery, result);
    }

    /// <summary>A probe that failed leaves its delivery where it stood in its schedule.</summary>
    private static RetryDecision Unmoved(ClaimedDelivery delivery, DateTimeOffset now) =>
        delivery.State == DeliveryStates.Parked
            ? new RetryDecision.Park(now + delivery.AheadBy)
            : new RetryDecision.RetryAt(now + delivery.AheadBy);

    private async Task<bool> AcknowledgedAsync(ClaimedDelivery delivery, WebhookAnswer answer)
    {
        var message = new SignedMessage(answer.Body,
            new WebhookHeaders(answer.WebhookId, answer.WebhookTimestamp, answer.WebhookSignature), delivery.TraceParent);
        return await acknowledgements.TakeWebhookAnswerAsync(delivery.System, message, CancellationToken.None);
    }

    [LoggerMessage(330, LogLevel.Warning, "A pass over the systems that are called failed with {ErrorType} {SqlState}; it is repeated")]
    private partial void LogPassFailed(string errorType, string? sqlState);

    [LoggerMessage(331, LogLevel.Warning, "The result of a call to {System} could not be stored ({ErrorType}); it is made again")]
    private partial void LogResultLost(string errorType, string system);
}
