using System.Collections.Concurrent;
using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>
/// Declares what stands on the broker: exchanges, and per system a quorum queue with its dead letters, so that a
/// message waits even where nobody ever connected. Everything is idempotent.
/// </summary>
internal sealed class RabbitMqTopology(RabbitMqLink link, IQueueMemory memory)
{
    private readonly ConcurrentDictionary<string, bool> _systems = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<TopologyFault, bool> _silent = new();
    private volatile IReadOnlyList<TopologyFault> _faults = [];

    /// <summary>What the last full run found, and which queues are silent. For health and findings.</summary>
    public IReadOnlyList<TopologyFault> Faults => _silent.IsEmpty ? _faults : [.. _faults, .. _silent.Keys];

    /// <summary>Whether a rabbitmq system may not have this name, because its queue would be one of ours.</summary>
    public static bool IsReserved(string system) => BrokerNames.Queue(system) == BrokerNames.AcknowledgementsQueue;

    /// <summary>
    /// Makes the system's queue, dead letters and binding. Where the broker is away the name is kept and
    /// declared on the next connection.
    /// </summary>
    /// <returns>Null, or why the queue does not stand as it should.</returns>
    public async Task<TopologyFault?> EnsureSystemAsync(string system, CancellationToken cancellationToken)
    {
        if (IsReserved(system))
        {
            return new TopologyFault(TopologyFaultKind.NameReserved, system);
        }

        _systems[system] = true;
        var faults = await RunAsync(
            steps => QueueDeclarations.SystemAsync(steps, memory, system), cancellationToken).ConfigureAwait(false);
        return faults.Count == 0 ? null : faults[0];
    }

    /// <summary>Makes the exchanges, the acknowledgements' queue and every queue known or named here.</summary>
    public async Task<IReadOnlyList<TopologyFault>> EnsureAllAsync(
        IEnumerable<string> systems, CancellationToken cancellationToken)
    {
        foreach (var system in systems)
        {
            _systems[system] = true;
        }

        var faults = await RunAsync(
            async steps =>
            {
                await QueueDeclarations.SharedAsync(steps, memory).ConfigureAwait(false);
                foreach (var system in _systems.Keys.Where(name => !IsReserved(name)))
                {
                    await QueueDeclarations.SystemAsync(steps, memory, system).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return _faults = faults;
    }

    /// <summary>
    /// Stops declaring a retired system's queue. The queue itself stays until an operator removes it.
    /// </summary>
    public void Forget(string system) => _systems.TryRemove(system, out _);

    /// <summary>
    /// Makes a queue anew that confirms nothing, if it is so young that the broker's crash explains it; what it held is
    /// written down first and goes out again. An older one is left alone, and told.
    /// </summary>
    /// <param name="system">The system's name; null for the queue of acknowledgements.</param>
    /// <returns>True where it was made anew.</returns>
    public async Task<bool> RemakeSilentAsync(string? system, CancellationToken cancellationToken)
    {
        var queue = system is null ? BrokerNames.AcknowledgementsQueue : BrokerNames.Queue(system);
        if (!await memory.IsYoungAsync(queue, cancellationToken).ConfigureAwait(false))
        {
            _silent[new TopologyFault(TopologyFaultKind.QueueSilent, queue)] = true;
            return false;
        }

        var faults = await RunAsync(
            async steps =>
            {
                if (!await memory.MissingAsync(queue, cancellationToken).ConfigureAwait(false))
                {
                    steps.Fault(TopologyFaultKind.QueueMissing, queue);
                    return;
                }

                await QueueDeclarations.RemoveAsync(steps, queue).ConfigureAwait(false);
                await (system is null
                    ? QueueDeclarations.AcknowledgementsAsync(steps, memory)
                    : QueueDeclarations.SystemAsync(steps, memory, system)).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return faults.Count == 0;
    }

    /// <summary>The system's queue has confirmed something: it is not silent.</summary>
    public void Heard(string system)
    {
        if (!_silent.IsEmpty)
        {
            _silent.TryRemove(new TopologyFault(TopologyFaultKind.QueueSilent, BrokerNames.Queue(system)), out _);
        }
    }

    /// <summary>Asks the broker about a system's queue.</summary>
    public async Task<QueueState> QueueStateAsync(string system, CancellationToken cancellationToken)
    {
        QueueState state = new QueueState.Unknown();
        await RunAsync(
            async steps =>
            {
                // A passive declaration of what is missing closes its channel, so each question has its own.
                var missing = await steps.RunAsync(TopologyFaultKind.QueueConflict, system, async channel =>
                {
                    var answer = await channel.QueueDeclarePassiveAsync(
                        BrokerNames.Queue(system), cancellationToken).ConfigureAwait(false);
                    state = new QueueState.Present(answer.MessageCount, answer.ConsumerCount);
                }).ConfigureAwait(false);
                if (missing == DeclarationResult.NotFound)
                {
                    state = new QueueState.Missing();
                }
            },
            cancellationToken).ConfigureAwait(false);
        return state;
    }

    private async Task<IReadOnlyList<TopologyFault>> RunAsync(
        Func<DeclarationSteps, Task> run, CancellationToken cancellationToken)
    {
        if (link.Connection is not { } connection)
        {
            return [new TopologyFault(TopologyFaultKind.BrokerUnavailable, BrokerNames.EventsExchange)];
        }

        var steps = new DeclarationSteps(connection, cancellationToken);
        await using (steps.ConfigureAwait(false))
        {
            await run(steps).ConfigureAwait(false);
            return steps.Faults;
        }
    }
}
