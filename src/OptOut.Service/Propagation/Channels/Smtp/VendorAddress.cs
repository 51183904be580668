using System.Net.Mail;
using System.Text.RegularExpressions;

namespace OptOut.Service.Propagation.Channels.Smtp;

/// <summary>The mail address of a system: one that can stand in a header as it is.</summary>
internal static partial class VendorAddress
{
    private const int MaxLength = 254;

    /// <summary>No display name, no quotes, no literal host, no line break.</summary>
    public static bool IsPlain(string text) =>
        text.Length <= MaxLength && Form().IsMatch(text) && MailAddress.TryCreate(text, out var parsed) && parsed.Address == text;

    [GeneratedRegex(@"\A[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}\z",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Form();
}
