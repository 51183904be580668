using OptOut.Contracts;

namespace OptOut.Compliance;

/// <summary>One system on one channel, seen from both ends: the service's, and its own.</summary>
public abstract class ChannelUnderTest : IAsyncDisposable
{
    /// <summary>Records a stop of a person with these identifiers; the opt-out's id.</summary>
    public abstract Task<string> StopAsync(params (string Type, string Value)[] identifiers);

    /// <summary>The subject lifts the stop, so that a newer version exists.</summary>
    public abstract Task ReverseAsync(string optOutId);

    /// <summary>The same person stops again.</summary>
    public abstract Task StopAgainAsync(string optOutId);

    /// <summary>The newest delivery of the opt-out for this system, as the service shows it.</summary>
    public abstract Task<DeliveryFacts> DeliveryAsync(string optOutId);

    /// <summary>The record's roll-up: pending, partial, complete or failed.</summary>
    public abstract Task<string> RollUpAsync(string optOutId);

    /// <summary>An operator asks for another try.</summary>
    public abstract Task TryAgainAsync(string deliveryId);

    /// <summary>Everything that the service has logged, and its attempts as they are stored.</summary>
    public abstract Task<string> TracesAsync();

    /// <summary>The next event that reaches the system, within seconds.</summary>
    public abstract Task<HandedEvent> TakeAsync();

    /// <summary>The system's word, in the manner of its channel.</summary>
    public abstract Task SayAsync(HandedEvent handed, AcknowledgementOutcome outcome);

    /// <summary>
    /// From now on the system takes calls and answers none; false where it is not called. The service must give up by itself.
    /// </summary>
    public virtual Task<bool> FallSilentAsync() => Task.FromResult(false);

    /// <summary>Secrets that must stand nowhere but where the channel needs them.</summary>
    public abstract IReadOnlyList<string> Secrets { get; }

    public abstract ValueTask DisposeAsync();

    /// <summary>The delivery once it is as asked for.</summary>
    public async Task<DeliveryFacts> UntilAsync(string optOutId, Predicate<DeliveryFacts> holds, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var facts = await DeliveryAsync(optOutId);
            if (holds(facts))
                return facts;
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(45), $"{what}: {facts}");
            await poll.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}

/// <summary>A delivery with its tries, oldest first.</summary>
public sealed record DeliveryFacts(
    string Id, string State, int Version, DateTimeOffset ApplyBy, DateTimeOffset? NextAttemptAt, IReadOnlyList<AttemptFacts> Tries);

/// <summary>One try as evidence.</summary>
public sealed record AttemptFacts(int Number, DateTimeOffset StartedAt, DateTimeOffset EndedAt, string Outcome, string Worker);

/// <summary>One event as it came over a channel.</summary>
/// <param name="DeliveryId">The id that the channel carries.</param>
/// <param name="Version">The version told; null where the channel does not say it.</param>
/// <param name="Content">What is meant for the system: bodies.</param>
/// <param name="Beside">Everything that others on the way see too: headers, properties, the target.</param>
/// <param name="Fixed">Content that is the same bytes on each try; null where it is not.</param>
public sealed record HandedEvent(string DeliveryId, int? Version, string Content, string Beside, string? Fixed);
