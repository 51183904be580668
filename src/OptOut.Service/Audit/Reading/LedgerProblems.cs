using OptOut.Service.Platform.Http;

namespace OptOut.Service.Audit.Reading;

/// <summary>The refusals of the ledger's routes.</summary>
internal static class LedgerProblems
{
    public static readonly ProblemKind NotPublished = new(409, "ledger.not_published", "No checkpoint covers it yet.",
        "The act is stored and its leaf waits for the next checkpoint, a second or two. Ask again, or send Prefer: wait=3.");

    public static readonly ProblemKind OpeningGone = new(410, "ledger.opening_gone", "The opening is no longer there.",
        "It was never kept, or the person was erased and the key destroyed. The leaf and its proof stay valid.");
}
