namespace OptOut.Ledger.Notes;

/// <summary>The rule for key names: not empty, no Unicode space, no plus sign, no control character.</summary>
internal static class NoteName
{
    internal static bool IsValid(string name) =>
        name.Length > 0
        && !name.Any(character => char.IsWhiteSpace(character) || char.IsControl(character) || character == '+');
}
