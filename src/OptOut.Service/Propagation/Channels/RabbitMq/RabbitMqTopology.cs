using System.Collections.Concurrent;
using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>
/// Declares what stands on the broker: exchanges, and per system a quorum queue with its dead letters, so that a
/// message waits even where nobody ever connected. Everything is idempotent.
/// </summary>
internal sealed class RabbitMqTopology(RabbitMqLink link)
{
    private readonly ConcurrentDictionary<string, bool> _systems = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<TopologyFault> _faults = [];

    /// <summary>What the last full run found. For health and findings.</summary>
    public IReadOnlyList<TopologyFault> Faults => _faults;

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
            steps => QueueDeclarations.SystemAsync(steps, system), cancellationToken).ConfigureAwait(false);
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
                await QueueDeclarations.SharedAsync(steps).ConfigureAwait(false);
                foreach (var system in _systems.Keys.Where(name => !IsReserved(name)))
                {
                    await QueueDeclarations.SystemAsync(steps, system).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return _faults = faults;
    }

    /// <summary>
    /// Stops declaring a retired system's queue. The queue itself stays until an operator removes it.
    /// </summary>
    public void Forget(string system) => _systems.TryRemove(system, out _);

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
