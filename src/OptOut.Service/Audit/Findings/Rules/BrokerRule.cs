using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Channels.RabbitMq;
using OptOut.Service.Systems;

namespace OptOut.Service.Audit.Findings.Rules;

/// <summary>
/// Compares the registry with what stands on the broker: a queue that is missing, and a queue that nobody reads. Where
/// the broker cannot be asked nothing is known, and nothing is called cured.
/// </summary>
internal sealed class BrokerRule(SystemDirectory systems, RabbitMqTopology topology, RabbitMqLink link) : IFindingRule
{
    public const string QueueMissing = "queue_missing";
    public const string ConsumerMissing = "consumer_missing";
    public const string TopologyConflict = "topology_conflict";

    public string Name => "broker_compared";

    public TimeSpan Interval => TimeSpan.FromSeconds(5);

    public IReadOnlyList<string> Kinds { get; } = [QueueMissing, ConsumerMissing, TopologyConflict];

    public bool CanLook => link.Connection is not null;

    public async Task<RuleAnswer> LookAsync(RuleLook look, CancellationToken cancellationToken)
    {
        var complaints = topology.Faults
            .Where(fault => fault.Kind != TopologyFaultKind.BrokerUnavailable)
            .Select(fault => new Complaint(TopologyConflict, "broker:" + fault.Name, Severities.Critical, null,
                $$"""{"fault":"{{fault.Kind}}"}"""))
            .ToList();
        foreach (var system in (await systems.RecentAsync(cancellationToken)).All.Where(IsOnBroker))
        {
            var state = await topology.QueueStateAsync(system.Name, cancellationToken);
            if (state is QueueState.Unknown)
                throw new IOException("The broker could not be asked.");
            if (state is QueueState.Missing)
                complaints.Add(Complaint(QueueMissing, Severities.Critical, system, "{}"));
            else if (state is QueueState.Present { Consumers: 0 } present && !system.IsPaused)
                complaints.Add(Complaint(ConsumerMissing, Severities.Warning, system, $$"""{"waiting":{{present.Ready}}}"""));
        }

        return new RuleAnswer(complaints);
    }

    private static bool IsOnBroker(DownstreamSystem system) =>
        system.Channel.Type == ChannelTypes.RabbitMq && !system.IsRetired;

    private static Complaint Complaint(string kind, string severity, DownstreamSystem system, string evidence) =>
        new(kind, Abouts.System(system.Name), severity, system.Id, evidence);
}
