using System.Text.RegularExpressions;
using OptOut.Service.Platform.Keys;

namespace OptOut.Service.Enforcement.Decisions;

/// <summary>
/// Senders' ids of messages may hold an address or a number, and evidence is never deleted: what is no plain opaque id is
/// kept as a keyed hash, which tells repeats from news just as well.
/// </summary>
internal sealed partial class MessageIds(IdentifierHasher hasher)
{
    public const int MaxLength = 998;

    public string? Of(string? messageId) =>
        messageId is null || IsOpaque().IsMatch(messageId)
            ? messageId
            : "hmac:" + Convert.ToHexStringLower(hasher.Current(KeyUse.Lookup, "message_id", messageId).Value);

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex IsOpaque();
}
