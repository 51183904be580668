using System.Diagnostics.CodeAnalysis;

namespace OptOut.Contracts.Identifiers;

/// <summary>
/// Brings every spelling of one identifier to one canonical form before it is hashed, so that a stop is found again
/// however it was typed. The rules have a version, stored with each identifier. Thread-safe.
/// </summary>
internal sealed class IdentifierNormaliser
{
    private delegate string? Rule(string text, out IdentifierRefusal? refusal);

    private sealed record TypeRules(Rule Rule, short Version);

    private readonly Dictionary<string, TypeRules> _types = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">With every fault of the options.</exception>
    public IdentifierNormaliser(IdentifierOptions options)
    {
        var faults = options.Faults();
        if (faults.Count > 0)
            throw new ArgumentException("Identifiers: " + string.Join("; ", faults), nameof(options));
        if ("e\u0301".Normalize() != "\u00e9")
            throw new InvalidOperationException("Identifiers need ICU: the process runs with invariant culture.");

        var phone = new PhoneRule(options.DefaultRegion);
        _types.Add(IdentifierTypes.Email, new(EmailRule.Apply, EmailRule.Version));
        _types.Add(IdentifierTypes.Phone, new(phone.Apply, PhoneRule.Version));
        _types.Add(IdentifierTypes.UserId, new(PlainRules.UserId, PlainRules.Version));
        _types.Add(IdentifierTypes.DeviceId, new(PlainRules.DeviceId, PlainRules.Version));
        foreach (var (name, type) in options.Types)
            _types.Add(name, new(new ConfiguredRule(type).Apply, type.RulesVersion));
    }

    /// <summary>The names of the types that can be normalised.</summary>
    public IReadOnlyCollection<string> Types => _types.Keys;

    public bool IsKnownType(string type) => _types.ContainsKey(type);

    /// <summary>Never throws, whatever the strings hold. Exactly one of the two results is set.</summary>
    public bool TryNormalise(
        string type,
        string value,
        [NotNullWhen(true)] out NormalisedIdentifier? identifier,
        [NotNullWhen(false)] out IdentifierRefusal? refusal)
    {
        identifier = null;
        if (type is null || !_types.TryGetValue(type, out var rules))
        {
            refusal = IdentifierRefusal.TypeUnknown;
            return false;
        }

        var canonical = rules.Rule(value ?? "", out refusal);
        if (canonical is null)
        {
            refusal ??= IdentifierRefusal.Unparsable("The identifier cannot be read.");
            return false;
        }

        var untagged = type == IdentifierTypes.Email ? EmailRule.Untagged(canonical) : null;
        string[] forms = untagged is null ? [canonical] : [canonical, untagged];
        identifier = new NormalisedIdentifier(type, canonical, rules.Version, forms);
        refusal = null;
        return true;
    }
}
