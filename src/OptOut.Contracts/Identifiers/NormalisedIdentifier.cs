namespace OptOut.Contracts.Identifiers;

/// <summary>
/// An identifier in its one canonical form. <paramref name="MatchForms"/> are the values under which a standing stop
/// covers it, itself first: a stop on the untagged e-mail address covers its tagged forms.
/// </summary>
internal sealed record NormalisedIdentifier(
    string Type, string Value, short RulesVersion, IReadOnlyList<string> MatchForms)
{
    /// <summary>The type only: a value never reaches a log by way of a formatted object.</summary>
    public override string ToString() => Type;
}

/// <summary>Why an identifier was refused: a stable code and a sentence. Never holds the value.</summary>
internal sealed record IdentifierRefusal(string Code, string Detail)
{
    public static readonly IdentifierRefusal TypeUnknown =
        new("identifier_type_unknown", "No identifier type has this name.");

    public static readonly IdentifierRefusal Empty =
        new("identifier_empty", "The identifier holds nothing.");

    public static readonly IdentifierRefusal ControlCharacter =
        new("identifier_control_character", "The identifier holds a control, direction or invisible character.");

    public static readonly IdentifierRefusal MixedScript =
        new("identifier_mixed_script", "The identifier mixes letters of scripts that are not written together.");

    public static readonly IdentifierRefusal PhoneRegionMissing = new(
        "phone_region_missing",
        "A national number needs a configured default region; write it with + and country code.");

    public static readonly IdentifierRefusal NotDistinct =
        new("identifier_not_distinct", "The all-zero identifier stands for every device that hides its own.");

    public static IdentifierRefusal TooLong(int maxLength) =>
        new("identifier_too_long", $"The identifier is longer than {maxLength} characters.");

    public static IdentifierRefusal Unparsable(string detail) => new("identifier_unparsable", detail);
}
