using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Asking;

/// <summary>The answer to a question: a closed set. Unknown means do not use the data.</summary>
internal enum Answer
{
    Unknown,
    Stop,
    Go,
}

/// <summary>An answer with what it rests on.</summary>
/// <param name="Covering">The stop that covers the question, also where it was overridden.</param>
/// <param name="IsOverride">Go in spite of a stop, for a transactional message.</param>
/// <param name="Fault">Why it is unknown.</param>
internal readonly record struct Verdict(
    Answer Answer, StandingStop? Covering = null, bool IsOverride = false, string? Fault = null)
{
    public static readonly Verdict Go = new(Answer.Go);

    public static Verdict Unknown(string fault) => new(Answer.Unknown, Fault: fault);

    /// <summary>
    /// The most restrictive wins: one covering stop is enough, and the nearest one is named. A transactional message
    /// passes only where every purpose that covers it may be overridden.
    /// </summary>
    public static Verdict Of(Question question, IReadOnlyList<StandingStop>? standing, PurposeTree purposes)
    {
        if (question.Fault is { } fault)
            return Unknown(fault);
        if (!purposes.Contains(question.Scope.Purpose))
            return Unknown(QuestionFaults.PurposeUnknown);
        if (standing is null || Nearest(standing, question.Scope) is not { } covering)
            return Go;
        return question.IsTransactional && MayOverride(standing, question.Scope, purposes)
            ? new Verdict(Answer.Go, covering, IsOverride: true)
            : new Verdict(Answer.Stop, covering);
    }

    private static bool MayOverride(IReadOnlyList<StandingStop> standing, Scope scope, PurposeTree purposes)
    {
        foreach (var stop in standing)
        {
            if (ScopeRules.Covers(stop.Scope, scope)
                && !(purposes.ByName.TryGetValue(stop.Scope.Purpose, out var purpose) && purpose.Overridable))
                return false;
        }

        return true;
    }

    /// <summary>The stop that covers the scope most closely; null where none does.</summary>
    public static StandingStop? Nearest(IEnumerable<StandingStop> standing, Scope scope)
    {
        StandingStop? nearest = null;
        foreach (var stop in standing)
        {
            if (ScopeRules.Covers(stop.Scope, scope) && (nearest is null || IsNearer(stop, nearest)))
                nearest = stop;
        }

        return nearest;
    }

    /// <summary>The deeper purpose, then the named channel, then the person's own, then the older: one answer always.</summary>
    private static bool IsNearer(StandingStop one, StandingStop other)
    {
        if (one.Scope.Purpose != other.Scope.Purpose)
            return ScopeRules.PurposeCovers(other.Scope.Purpose, one.Scope.Purpose);
        if (one.Scope.Channel != other.Scope.Channel)
            return other.Scope.Channel == Channels.Any;
        return one.IsOwn != other.IsOwn ? one.IsOwn : one.OptOutId.CompareTo(other.OptOutId) < 0;
    }
}
