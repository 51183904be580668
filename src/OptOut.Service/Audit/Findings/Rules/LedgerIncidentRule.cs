using OptOut.Service.Audit.Sequencing;

namespace OptOut.Service.Audit.Findings.Rules;

/// <summary>
/// The sequencer refuses to go on: the ledger contradicts itself or what was published, as after the restore of an old
/// backup. Only the replica that sequences knows.
/// </summary>
internal sealed class LedgerIncidentRule(LedgerStatus status) : IFindingRule
{
    public const string Kind = "ledger_incident";

    public string Name => Kind;

    public TimeSpan Interval => TimeSpan.FromSeconds(2);

    public IReadOnlyList<string> Kinds { get; } = [Kind];

    public bool CanLook => status.IsHolder;

    public Task<RuleAnswer> LookAsync(RuleLook look, CancellationToken cancellationToken) => Task.FromResult(new RuleAnswer(
        status.Incident is { } incident
            ? [new Complaint(Kind, Abouts.Service, Severities.Critical, null, $$"""{"incident":"{{incident}}"}""")]
            : []));
}
