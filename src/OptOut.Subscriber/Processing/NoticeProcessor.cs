using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OptOut.Contracts;
using OptOut.Subscriber.Fencing;
using OptOut.Subscriber.Mirroring;

namespace OptOut.Subscriber.Processing;

/// <summary>
/// Takes an event that is known to be genuine through the fence and the handler to its acknowledgement, the same way
/// for every transport.
/// </summary>
internal sealed class NoticeProcessor(
    IServiceScopeFactory scopes,
    IVersionFence fence,
    IOptions<OptOutSubscriberOptions> options,
    TimeProvider clock,
    ILogger<NoticeProcessor> log)
{
    private readonly OptOutSubscriberOptions _options = options.Value;

    /// <summary>Tries until the event is settled, the attempts are used up, or the time is.</summary>
    /// <param name="told">The event.</param>
    /// <param name="budget">For all attempts together; null for no more bound than their number.</param>
    /// <param name="stopping">The process stops: nothing is acknowledged then.</param>
    internal async Task<Acknowledgement> ProcessAsync(OptOutEvent told, TimeSpan? budget, CancellationToken stopping)
    {
        using var activity = SubscriberTelemetry.StartHandling(told);
        using var budgeted = new CancellationTokenSource(budget ?? Timeout.InfiniteTimeSpan, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stopping, budgeted.Token);
        var answer = Answers.Failed(told.Data, "handler_failed");
        try
        {
            for (var attempt = 1; attempt <= _options.MaxAttempts; attempt++)
            {
                if (attempt > 1) await Task.Delay(Backoff.Pause(attempt, _options), clock, both.Token);
                answer = await TryAsync(new OptOutNotice(told.Type, told.Data, attempt), both.Token, stopping);
                if (answer.Outcome != AcknowledgementOutcome.Failed) break;
            }
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            // The budget ran out between two attempts: the last answer stands.
        }

        SubscriberTelemetry.Settled(answer.Outcome);
        return answer;
    }

    // Each attempt passes the fence anew, so that a newer version need not wait for an older one that fails.
    private async Task<Acknowledgement> TryAsync(
        OptOutNotice notice, CancellationToken cancellationToken, CancellationToken stopping)
    {
        var data = notice.Data;
        try
        {
            await using var pass = await fence.EnterAsync(_options.System, data.OptOutId, cancellationToken);
            return Fence.Decide(pass.Last, data) switch
            {
                FenceDecision.Handle => await HandleAsync(pass, notice, cancellationToken),
                FenceDecision.Repeat => Answers.Again(data, pass.Last!),
                FenceDecision.Stale => Answers.Superseded(data),
                FenceDecision.Conflict => Answers.Conflict(data),
                _ => throw new InvalidOperationException("Not a decision."),
            };
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            // The message of an exception may hold an identifier; its type does not.
            log.AttemptFailed(data.DeliveryId, data.OptOutId, data.Version, notice.Attempt, failure.GetType().Name);
            return Answers.Failed(data, "handler_failed");
        }
    }

    private async Task<Acknowledgement> HandleAsync(
        IFencePass pass, OptOutNotice notice, CancellationToken cancellationToken)
    {
        using var timed = new CancellationTokenSource(_options.HandlerTimeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timed.Token);
        await using var scope = scopes.CreateAsyncScope();
        // Before the handler: what it reads back from the mirror is then in force.
        if (scope.ServiceProvider.GetService<PostgresMirror>() is { } mirror) await mirror.ApplyAsync(notice, both.Token);
        var handler = scope.ServiceProvider.GetRequiredService<IOptOutHandler>();
        var result = await handler.HandleAsync(notice, both.Token);
        var answer = Answers.From(notice.Data, result, clock.GetUtcNow());
        if (answer.Outcome == AcknowledgementOutcome.Failed) return answer;

        // What the handler did is done: neither its time-out nor a stop of the process may keep the note of it out.
        await pass.SettleAsync(Answers.Remember(answer), CancellationToken.None);
        return answer;
    }
}
