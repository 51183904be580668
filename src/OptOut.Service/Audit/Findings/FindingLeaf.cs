using OptOut.Ledger;
using OptOut.Service.Audit.Findings.Running;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Audit.Findings;

/// <summary>Makes the one leaf of each act on a finding. The evidence stands in the opening only.</summary>
internal sealed class FindingLeaf(SecretBox secrets)
{
    private const string Actor = "svc:audit";

    public LedgerEntry Raised(Guid id, Complaint complaint, DateTimeOffset at) => Of(
        LedgerKinds.FindingRaised, id, complaint.Kind, Actor, at, new CanonicalObject
        {
            { "about", complaint.About }, { "evidence", complaint.Evidence }, { "severity", complaint.Severity },
        });

    public LedgerEntry Closed(OpenFinding finding, DateTimeOffset at) => Of(
        LedgerKinds.FindingClosed, finding.FindingId, finding.Kind, Actor, at, new CanonicalObject
        {
            { "about", finding.About }, { "evidence", finding.Evidence },
        });

    /// <summary>An act of a person, with the reason as it was given.</summary>
    public LedgerEntry Acted(string kind, FindingView finding, string actor, DateTimeOffset at, CanonicalObject act)
    {
        PublicId.TryParse(finding.Id, PublicId.Finding, out var id);
        act.Add("about", finding.About);
        return Of(kind, id, finding.Kind, actor, at, act);
    }

    private LedgerEntry Of(
        string kind, Guid id, string findingKind, string actor, DateTimeOffset at, CanonicalObject payload)
    {
        payload.Add("kind", findingKind);
        payload.Add("type", "optout.finding/1");
        return LedgerEntry.ForConfiguration(
            new LedgerFacts(kind, id, 0, actor, Milliseconds.Truncate(at), Outcome: findingKind),
            CanonicalJson.ToBytes(payload), secrets);
    }
}
