using System.Text.RegularExpressions;

namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>
/// Free text from a system may quote the person it is about, and evidence is never deleted:
/// what looks like an address or a number does not get in.
/// </summary>
internal static partial class Redaction
{
    public static string? OfReason(string? reason) =>
        reason is null ? null : Suspicious().IsMatch(reason) ? "[withheld]" : reason;

    [GeneratedRegex(@"@|\d[\d\s().-]{5,}\d|[^\x20-\x7e]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Suspicious();
}
