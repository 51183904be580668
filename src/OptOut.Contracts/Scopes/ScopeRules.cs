using System.Buffers;

namespace OptOut.Contracts.Scopes;

/// <summary>
/// Which scope covers which. A purpose covers itself and everything below it on the dotted tree, <c>all</c> covers
/// every purpose, channel <c>any</c> covers each channel. The most restrictive wins: what is covered is stopped.
/// </summary>
internal static class ScopeRules
{
    /// <summary>The root above every purpose. Names are written without it.</summary>
    public const string Root = "all";
    public const int MaxPurposeLength = 128;
    public const int MaxPurposeLevels = 8;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_.");

    /// <summary>Lower-case names with dots between levels; nothing is written below <c>all</c> itself.</summary>
    public static bool IsPurposeName(string? purpose)
    {
        if (purpose is null || purpose.Length is 0 or > MaxPurposeLength) return false;
        if (purpose.AsSpan().ContainsAnyExcept(NameCharacters)) return false;
        if (purpose.AsSpan().Count('.') >= MaxPurposeLevels) return false;
        return purpose[0] != '.' && purpose[^1] != '.' && !purpose.Contains("..", StringComparison.Ordinal)
            && !purpose.StartsWith(Root + ".", StringComparison.Ordinal);
    }

    /// <summary>A known channel and a well-formed purpose; whether the purpose exists is the registry's word.</summary>
    public static bool IsWellFormed(Scope scope) => IsPurposeName(scope.Purpose) && Channels.IsKnown(scope.Channel);

    /// <summary>The purpose above, <c>all</c> for a top-level name, null for <c>all</c>.</summary>
    public static string? Parent(string purpose)
    {
        if (purpose == Root) return null;
        var dot = purpose.LastIndexOf('.');
        return dot < 0 ? Root : purpose[..dot];
    }

    /// <summary>The purpose itself and everything above it, nearest first, <c>all</c> last.</summary>
    public static IReadOnlyList<string> SelfAndAncestors(string purpose)
    {
        var chain = new List<string>(MaxPurposeLevels + 1);
        for (var at = purpose; at is not null; at = Parent(at)) chain.Add(at);
        return chain;
    }

    /// <summary>Every scope whose stop covers this one, nearest first: at most 18. For an indexed look-up.</summary>
    public static IReadOnlyList<Scope> Covering(Scope scope)
    {
        var covering = new List<Scope>(2 * (MaxPurposeLevels + 1));
        foreach (var purpose in SelfAndAncestors(scope.Purpose))
        {
            covering.Add(new Scope(purpose, scope.Channel));
            if (scope.Channel != Channels.Any) covering.Add(new Scope(purpose, Channels.Any));
        }

        return covering;
    }

    public static bool Covers(Scope broader, Scope narrower) =>
        PurposeCovers(broader.Purpose, narrower.Purpose)
        && (broader.Channel == Channels.Any || broader.Channel == narrower.Channel);

    /// <summary>
    /// Whether a system with this contract could still act within the scope: overlap on the purpose tree, upwards or
    /// downwards, and of the channels.
    /// </summary>
    public static bool Touches(
        IReadOnlyList<string> contractPurposes, IReadOnlyList<string> contractChannels, Scope scope)
    {
        if (!contractChannels.Any(channel => ChannelsOverlap(channel, scope.Channel))) return false;
        return contractPurposes.Any(purpose => PurposesOverlap(purpose, scope.Purpose));
    }

    public static bool PurposeCovers(string broader, string narrower) =>
        broader == Root || broader == narrower
        || (narrower.Length > broader.Length && narrower[broader.Length] == '.'
            && narrower.StartsWith(broader, StringComparison.Ordinal));

    private static bool PurposesOverlap(string one, string other) =>
        PurposeCovers(one, other) || PurposeCovers(other, one);

    private static bool ChannelsOverlap(string one, string other) =>
        one == Channels.Any || other == Channels.Any || one == other;
}
