using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using OptOut.Contracts;

namespace OptOut.Service.Propagation.Acknowledgements;

/// <summary>
/// Free text from a system may quote the person it is about, and evidence is never deleted:
/// what looks like an address or a number does not get in.
/// </summary>
internal static partial class Redaction
{
    private const string Withheld = "[withheld]";

    public static string? OfReason(string? reason) =>
        reason is null ? null : Suspicious().IsMatch(reason) ? Withheld : reason;

    /// <summary>Names of assets and methods are the system's own words, too.</summary>
    public static IReadOnlyList<AcknowledgementAction> OfActions(IReadOnlyList<AcknowledgementAction> actions) =>
        actions.Any(action => Suspicious().IsMatch(action.Asset) || Suspicious().IsMatch(action.Method ?? ""))
            ? [.. actions.Select(action => action with { Asset = OfReason(action.Asset)!, Method = OfReason(action.Method) })]
            : actions;

    /// <summary>
    /// The sender's id of a message: printable, so that the database takes it, and no address. Another one is kept as
    /// its hash, which tells repeats from news just as well.
    /// </summary>
    public static string OfMessageId(string? id) =>
        string.IsNullOrEmpty(id) || IsOpaque().IsMatch(id)
            ? id ?? ""
            : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)));

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_-]{0,199}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex IsOpaque();

    [GeneratedRegex(@"@|\d[\d\s().-]{5,}\d|[^\x20-\x7e]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Suspicious();
}
