namespace OptOut.Service.Platform.Http;

/// <summary>Ids as outsiders see them: a prefix that names the thing, and a UUID as 32 lower-case hex digits.</summary>
internal static class PublicId
{
    public const string OptOut = "oo_";
    public const string Subject = "sub_";
    public const string System = "sys_";
    public const string Delivery = "dlv_";
    public const string Acknowledgement = "ack_";
    public const string Request = "req_";
    public const string Event = "evt_";
    public const string Probe = "prb_";
    public const string Finding = "fnd_";

    private const int HexDigits = 32;

    public static string Format(string prefix, Guid id) =>
        string.Create(prefix.Length + HexDigits, (prefix, id), static (text, state) =>
        {
            state.prefix.CopyTo(text);
            state.id.TryFormat(text[state.prefix.Length..], out _, "N");
        });

    /// <summary>Exact: this prefix, then 32 lower-case hex digits, and nothing else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, string prefix, out Guid id)
    {
        id = default;
        return text.Length == prefix.Length + HexDigits
            && text.StartsWith(prefix, StringComparison.Ordinal)
            && IsLowerHex(text[prefix.Length..])
            && Guid.TryParseExact(text[prefix.Length..], "N", out id);
    }

    /// <summary>Whether the text has the form of any id of ours.</summary>
    internal static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        var split = text.IndexOf('_');
        return split is >= 2 and <= 4
            && !text[..split].ContainsAnyExceptInRange('a', 'z')
            && text.Length == split + 1 + HexDigits
            && IsLowerHex(text[(split + 1)..]);
    }

    private static bool IsLowerHex(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            if (!char.IsAsciiHexDigitLower(c)) return false;
        return true;
    }
}
