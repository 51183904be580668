using OptOut.Service.Platform.Http;

namespace OptOut.Service.Purposes;

/// <summary>What a PUT of a purpose comes to.</summary>
internal abstract record PurposeDecision
{
    internal sealed record Refuse(Problem Problem) : PurposeDecision;

    internal sealed record Create : PurposeDecision;

    internal sealed record Unchanged : PurposeDecision;

    internal sealed record Change : PurposeDecision;

    /// <summary>It would protect less than before: a second person decides.</summary>
    internal sealed record NeedsSecondPerson : PurposeDecision;

    public static PurposeDecision Of(string name, PurposeRequest request, PurposeRow? standing, bool parentExists)
    {
        if (Faults(name, request) is { Count: > 0 } faults)
            return new Refuse(new Problem(ProblemKinds.ValidationFailed, Errors: faults));
        if (standing is null && !parentExists) return new Refuse(PurposeProblems.ParentUnknown.With());
        if (standing is null) return new Create();
        if (IsSame(request, standing)) return new Unchanged();
        return Lowers(request, standing) ? new NeedsSecondPerson() : new Change();
    }

    // A later objective is a weaker promise; an overridable purpose lets messages through a stop.
    private static bool Lowers(PurposeRequest request, PurposeRow standing) =>
        request.ObjectiveSeconds > standing.ObjectiveSeconds || (request.Overridable && !standing.Overridable);

    private static bool IsSame(PurposeRequest request, PurposeRow standing) =>
        request.DisplayName == standing.DisplayName
        && request.Overridable == standing.Overridable
        && request.ObjectiveSeconds == standing.ObjectiveSeconds;

    private static List<FieldError> Faults(string name, PurposeRequest request)
    {
        var faults = new List<FieldError>();
        if (!ScopeRules.IsPurposeName(name))
        {
            faults.Add(new FieldError("", "purpose_name_invalid",
                "The name in the path has up to 8 levels of a-z, 0-9 and _, with dots between, at most 128 characters."));
        }

        if (!RegistryText.IsName(request.DisplayName))
            faults.Add(new FieldError("/displayName", "text_invalid", RegistryText.Rule));
        if (request.ObjectiveSeconds is < Objectives.MinSeconds or > Objectives.MaxSeconds)
            faults.Add(new FieldError("/objectiveSeconds", "out_of_range", Objectives.Rule));
        // Every purpose lies below the root: with it overridable, no stop of everything would hold.
        if (request.Overridable && name == ScopeRules.Root)
            faults.Add(new FieldError("/overridable", "root_not_overridable", "A stop of everything has no exception."));
        return faults;
    }
}
