using OptOut.Client.Gate.Feed;
using OptOut.Contracts.Identifiers;

namespace OptOut.Client.Gate.Keys;

/// <summary>
/// Reads identifiers by the service's own rules, as it announced them. A type whose rules have another version there
/// than here is not read at all: a differing spelling would miss a stop. Immutable.
/// </summary>
internal sealed class IdentifierReading
{
    private readonly Dictionary<string, int> _versions;
    private readonly IdentifierNormaliser _normaliser;

    private IdentifierReading(Dictionary<string, int> versions, IdentifierNormaliser normaliser)
    {
        _versions = versions;
        _normaliser = normaliser;
    }

    public static IdentifierReading Of(IReadOnlyList<FeedIdentifierType> types, string? defaultRegion)
    {
        var versions = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var type in types) versions[type.Type] = type.RulesVersion;

        // A region that is not known here changes how every number is read.
        var regionKnown = defaultRegion is null || PhoneRegion.TryGet(defaultRegion, out _);
        if (!regionKnown) versions.Remove(IdentifierTypes.Phone);
        var options = new IdentifierOptions { DefaultRegion = regionKnown ? defaultRegion : null };
        foreach (var type in types.Where(type => !IdentifierTypes.IsBuiltIn(type.Type)))
            if (!TryAdd(options, type))
                versions.Remove(type.Type);

        return new IdentifierReading(versions, new IdentifierNormaliser(options));
    }

    /// <summary>The canonical forms under which a stop covers the identifier.</summary>
    public bool TryRead(string type, string value, out IReadOnlyList<string> forms)
    {
        forms = [];
        if (type is null || !_versions.TryGetValue(type, out var version)
            || !_normaliser.TryNormalise(type, value, out var identifier, out _)
            || identifier.RulesVersion != version)
            return false;
        forms = identifier.MatchForms;
        return true;
    }

    private static bool TryAdd(IdentifierOptions options, FeedIdentifierType type)
    {
        if (type is not { Trim: { } trim, LowerCase: { } lowerCase, MaxLength: { } maxLength }
            || type.RulesVersion is < 1 or > short.MaxValue)
            return false;
        options.Types[type.Type] = new IdentifierTypeOptions
        {
            Trim = trim, LowerCase = lowerCase, Pattern = type.Pattern, MaxLength = maxLength,
            RulesVersion = (short)type.RulesVersion,
        };
        if (options.Faults().Count == 0) return true;
        options.Types.Remove(type.Type);
        return false;
    }
}
