namespace OptOut.Service.Purposes;

/// <summary>Names for people, in the registry of purposes and systems.</summary>
internal static class RegistryText
{
    public const int MaxLength = 200;
    public const string Rule = "1 to 200 characters, none of them a control character, no space at the ends.";

    public static bool IsName(string? text) =>
        text is { Length: > 0 and <= MaxLength }
        && !text.Any(char.IsControl)
        && !char.IsWhiteSpace(text[0])
        && !char.IsWhiteSpace(text[^1]);
}

/// <summary>How soon a stop has to be applied: from the record to the acknowledgement.</summary>
internal static class Objectives
{
    public const int MinSeconds = 1;

    /// <summary>30 days: the outer limit of the laws that we know.</summary>
    public const int MaxSeconds = 2_592_000;

    public const string Rule = "1 to 2592000 seconds.";
}
