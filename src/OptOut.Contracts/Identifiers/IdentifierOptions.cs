using System.Buffers;
using System.Text.RegularExpressions;

namespace OptOut.Contracts.Identifiers;

/// <summary>How identifiers are brought to their canonical form.</summary>
internal sealed class IdentifierOptions
{
    public const int MaxConfiguredTypes = 64;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    /// <summary>ISO 3166 code of the region whose national phone numbers are accepted. Default: none.</summary>
    public string? DefaultRegion { get; set; }

    /// <summary>Further types by name (a-z, 0-9, _; at most 32). Default: none.</summary>
    public Dictionary<string, IdentifierTypeOptions> Types { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Everything wrong with these options; empty when they can be used.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        if (DefaultRegion is not null && !PhoneRegion.TryGet(DefaultRegion, out _))
            faults.Add($"DefaultRegion must be one of {PhoneRegion.Codes}");
        if (Types.Count > MaxConfiguredTypes) faults.Add($"Types holds more than {MaxConfiguredTypes} entries");
        foreach (var (name, type) in Types) CheckType(name, type, faults);
        return faults;
    }

    private static void CheckType(string name, IdentifierTypeOptions type, List<string> faults)
    {
        if (name.Length is 0 or > 32 || name.AsSpan().ContainsAnyExcept(NameCharacters))
            faults.Add($"Types:{name}: a name is 1 to 32 of a-z, 0-9 and _");
        if (IdentifierTypes.IsBuiltIn(name)) faults.Add($"Types:{name} is built in and cannot be configured");
        if (type.MaxLength is < 1 or > IdentifierTypes.MaxLength)
            faults.Add($"Types:{name}:MaxLength must be 1 to {IdentifierTypes.MaxLength}");
        if (type.RulesVersion < 1) faults.Add($"Types:{name}:RulesVersion must be at least 1");
        try
        {
            _ = type.CompilePattern();
        }
        catch (ArgumentException)
        {
            faults.Add($"Types:{name}:Pattern is not a regular expression");
        }
    }
}

/// <summary>The rules of one configured identifier type.</summary>
internal sealed class IdentifierTypeOptions
{
    /// <summary>How long one match may take before the identifier is refused.</summary>
    public static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(50);

    /// <summary>Remove white space at both ends. Default: true.</summary>
    public bool Trim { get; set; } = true;

    /// <summary>Fold case. Default: false.</summary>
    public bool LowerCase { get; set; }

    /// <summary>What the whole canonical value must match. Default: anything.</summary>
    public string? Pattern { get; set; }

    /// <summary>Characters, 1 to 320. Default: 320.</summary>
    public int MaxLength { get; set; } = IdentifierTypes.MaxLength;

    /// <summary>Raise it with every change of these rules: it is stored with each identifier. Default: 1.</summary>
    public short RulesVersion { get; set; } = 1;

    internal Regex? CompilePattern() =>
        Pattern is null ? null : new Regex($@"\A(?:{Pattern})\z", RegexOptions.CultureInvariant, PatternTimeout);
}
