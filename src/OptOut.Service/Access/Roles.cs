using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace OptOut.Service.Access;

/// <summary>The words for roles, and which of them one key may hold together.</summary>
internal sealed partial record Roles(RoleSet Set, string? SystemName)
{
    public const int MaxPerKey = 9;

    /// <summary>What the bootstrap key holds: every role but those that speak for a person or for a system.</summary>
    public const RoleSet Bootstrap = RoleSet.Recorder | RoleSet.Reader | RoleSet.Gate | RoleSet.Operator
        | RoleSet.Auditor | RoleSet.Admin | RoleSet.Transactional;

    private const string SystemPrefix = "system:";

    private static readonly Dictionary<string, RoleSet> Words = new(StringComparer.Ordinal)
    {
        ["recorder"] = RoleSet.Recorder,
        ["portal"] = RoleSet.Portal,
        ["reader"] = RoleSet.Reader,
        ["gate"] = RoleSet.Gate,
        ["operator"] = RoleSet.Operator,
        ["auditor"] = RoleSet.Auditor,
        ["admin"] = RoleSet.Admin,
        ["transactional"] = RoleSet.Transactional,
    };

    /// <summary>Reads the words; false for an unknown or repeated one, for two systems, and for none at all.</summary>
    public static bool TryParse(IReadOnlyList<string> words, [NotNullWhen(true)] out Roles? roles)
    {
        roles = null;
        if (words.Count is 0 or > MaxPerKey) return false;
        var set = RoleSet.None;
        string? system = null;
        foreach (var word in words)
        {
            var role = SystemNameOf(word) is { } name ? RoleSet.System : Words.GetValueOrDefault(word);
            if (role == RoleSet.None || (set & role) != 0) return false;
            if (role == RoleSet.System) system = word[SystemPrefix.Length..];
            set |= role;
        }

        roles = new Roles(set, system);
        return true;
    }

    /// <summary>The roles that a route asks for; <c>system</c> stands for any system's key.</summary>
    /// <exception cref="ArgumentException">A word is no role: a fault of the program, found when it starts.</exception>
    public static RoleSet Require(IReadOnlyList<string> words)
    {
        var set = RoleSet.None;
        foreach (var word in words)
        {
            set |= word == "system" ? RoleSet.System
                : Words.TryGetValue(word, out var role) ? role
                : throw new ArgumentException($"'{word}' is no role.", nameof(words));
        }

        return set;
    }

    /// <summary>
    /// A key that stands for the person cannot also run the service, and a system's key does nothing but that: else one
    /// stolen key could lift a stop and hide it.
    /// </summary>
    public bool Conflict =>
        (Set.HasFlag(RoleSet.Portal) && (Set & (RoleSet.Operator | RoleSet.Admin | RoleSet.System)) != 0)
        || (Set.HasFlag(RoleSet.System) && Set != RoleSet.System);

    public static IReadOnlyList<string> WordsOf(RoleSet set, string? systemName = null) =>
    [
        .. Words.Where(w => set.HasFlag(w.Value)).Select(w => w.Key),
        .. set.HasFlag(RoleSet.System) ? [systemName is null ? "system" : SystemPrefix + systemName] : Array.Empty<string>(),
    ];

    private static string? SystemNameOf(string word) =>
        word.StartsWith(SystemPrefix, StringComparison.Ordinal) && SystemNameForm().IsMatch(word[SystemPrefix.Length..])
            ? word[SystemPrefix.Length..]
            : null;

    [GeneratedRegex(@"\A[a-z0-9-]{1,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex SystemNameForm();
}
