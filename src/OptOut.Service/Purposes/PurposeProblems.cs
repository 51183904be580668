using OptOut.Service.Platform.Http;

namespace OptOut.Service.Purposes;

/// <summary>Why an act on a purpose is refused.</summary>
internal static class PurposeProblems
{
    public static readonly ProblemKind ParentUnknown = new(422, "purpose_parent_unknown",
        "The purpose above does not exist.", "Dots make the tree: make the purpose above first.");

    public static IReadOnlyList<ProblemKind> All { get; } = [ParentUnknown];
}
