using OptOut.Service.Audit;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Access.Approvals;

/// <summary>An act that lowers protection and so needs two people. Each capability registers its own; the set is closed.</summary>
internal interface IApprovedAct
{
    /// <summary>Its name, stored with the request.</summary>
    string Act { get; }

    /// <summary>The role that both people need.</summary>
    RoleSet Role { get; }

    /// <summary>
    /// Does the act in the given transaction, without committing. What was asked may have been overtaken: then it is
    /// refused and nothing changes.
    /// </summary>
    Task<ActOutcome> ExecuteAsync(
        RegistryTransaction transaction, ApprovedRequest request, CancellationToken cancellationToken);
}

/// <summary>What was asked, by whom, and who says yes to it. Actors as <see cref="Caller.Actor"/> names them.</summary>
internal sealed record ApprovedRequest(
    Guid ApprovalId, string Target, string Payload, string RequestedBy, string ApprovedBy);

/// <summary>Either the act's leaf, with what is to be done once it is committed, or why it is refused.</summary>
internal sealed record ActOutcome(LedgerEntry? Leaf, Problem? Problem, Func<Task>? AfterCommit = null)
{
    public static ActOutcome Done(LedgerEntry leaf, Func<Task>? afterCommit = null) => new(leaf, null, afterCommit);

    public static ActOutcome Refused(Problem problem) => new(null, problem);
}
