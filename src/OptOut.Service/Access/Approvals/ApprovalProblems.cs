using OptOut.Service.Platform.Http;

namespace OptOut.Service.Access.Approvals;

/// <summary>Why an approval is refused.</summary>
internal static class ApprovalProblems
{
    public static readonly ProblemKind SecondPersonRequired = new(403, "second_person_required",
        "Another key has to approve this.", "The key that asked for an act cannot approve it.");

    public static readonly ProblemKind Expired = new(409, "approval_expired",
        "The approval has expired.", "A second person has 24 hours; ask for the act again.");

    public static readonly ProblemKind Stale = new(409, "approval_stale",
        "What was to be changed has changed since.", "Read it again and ask for the act anew.");

    public static IReadOnlyList<ProblemKind> All { get; } = [SecondPersonRequired, Expired, Stale];
}
