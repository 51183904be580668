using OptOut.Service.Audit;
using OptOut.Service.Audit.Sequencing;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Enforcement.Asking;

/// <summary>
/// Whether what the database says may be relied on. Where the ledger contradicts what was published, stops may be missing
/// that were answered; where a master key is missing, stops that stand are not found: then nothing is called go.
/// </summary>
internal sealed class DataStanding(LedgerStatus ledger, LedgerStanding standing, MasterKeyWatch keys)
{
    public bool IsCurrent => standing.IsCurrent && ledger.Incident is null && keys.IsComplete;
}
