using System.Collections.Concurrent;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>
/// Which queues take messages and never confirm one. RabbitMQ forgets the members of a quorum queue that it is killed
/// moments after making: it then answers questions about the queue, and nothing else, for ever.
/// </summary>
internal sealed class SilentQueues(TimeProvider clock)
{
    /// <summary>Silent for at least this long: a queue without a leader after a restart is no more than slow.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <summary>And for as many batches in a row.</summary>
    public const int Batches = 3;

    private readonly ConcurrentDictionary<string, Silence> _silent = new(StringComparer.Ordinal);

    /// <summary>The broker said something about a message for this system, if only that it refused it.</summary>
    public void Heard(string system) => _silent.TryRemove(system, out _);

    /// <summary>A batch had messages for this system, and none was answered. True once that has lasted.</summary>
    public bool HasFallenSilent(string system)
    {
        var now = clock.GetTimestamp();
        var silence = _silent.AddOrUpdate(
            system, static (_, since) => new Silence(since, 1),
            static (_, standing, _) => standing with { Batches = standing.Batches + 1 }, now);
        return silence.Batches >= Batches && clock.GetElapsedTime(silence.Since, now) >= Patience;
    }

    private readonly record struct Silence(long Since, int Batches);
}
