using System.Text.RegularExpressions;

namespace OptOut.Contracts.Identifiers;

/// <summary>Identifiers that another system made up: kept as they are, but for spelling.</summary>
internal static class PlainRules
{
    public const short Version = 1;

    /// <summary>Trimmed, NFC, case kept: user names that differ in case may be different users.</summary>
    public static string? UserId(string text, out IdentifierRefusal? refusal) =>
        IdentifierText.Prepare(text, IdentifierTypes.MaxLength, trim: true, out refusal);

    /// <summary>A UUID in lower case, anything else with its case kept.</summary>
    public static string? DeviceId(string text, out IdentifierRefusal? refusal)
    {
        var device = IdentifierText.Prepare(text, IdentifierTypes.MaxLength, trim: true, out refusal);
        if (device is null) return null;
        if (!Guid.TryParseExact(device, "D", out var uuid)) return device;

        // Phones that hide their advertising id all send this one; one subject for all of them would join strangers.
        refusal = uuid == Guid.Empty ? IdentifierRefusal.NotDistinct : null;
        return refusal is null ? device.ToLowerInvariant() : null;
    }
}

/// <summary>A type from configuration.</summary>
internal sealed class ConfiguredRule(IdentifierTypeOptions options)
{
    private static readonly IdentifierRefusal NoMatch =
        IdentifierRefusal.Unparsable("The identifier does not have the form configured for its type.");

    private readonly Regex? _pattern = options.CompilePattern();

    public string? Apply(string text, out IdentifierRefusal? refusal)
    {
        if (IdentifierText.Prepare(text, options.MaxLength, options.Trim, out refusal) is not { } value) return null;
        if (options.LowerCase) value = IdentifierText.FoldCase(value);
        refusal = value.Length > options.MaxLength ? IdentifierRefusal.TooLong(options.MaxLength)
            : Matches(value) ? null : NoMatch;
        return refusal is null ? value : null;
    }

    // A pattern that needs longer is a fault of the configuration, and still no reason to fail the request.
    private bool Matches(string value)
    {
        try
        {
            return _pattern?.IsMatch(value) ?? true;
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
