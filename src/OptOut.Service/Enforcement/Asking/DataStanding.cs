using OptOut.Service.Audit;
using OptOut.Service.Audit.Sequencing;

namespace OptOut.Service.Enforcement.Asking;

/// <summary>
/// Whether what the database says may be relied on. Where the ledger contradicts what was published, stops may be missing
/// that were answered: then nothing is called go.
/// </summary>
internal sealed class DataStanding(LedgerStatus ledger, LedgerStanding standing)
{
    public bool IsCurrent => standing.IsCurrent && ledger.Incident is null;
}
