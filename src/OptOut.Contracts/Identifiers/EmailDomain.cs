using System.Buffers;
using System.Globalization;
using System.Text;

namespace OptOut.Contracts.Identifiers;

/// <summary>
/// The domain of an address: a full name in lower-case ASCII, international labels in their xn-- form, without a
/// trailing dot. Address literals and names of one label are refused (RFC 5321 section 2.3.5 wants a full name).
/// </summary>
internal static class EmailDomain
{
    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.");

    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true, AllowUnassigned = false };

    private static readonly IdentifierRefusal BadDomain =
        IdentifierRefusal.Unparsable("The part after the @ is not a full domain name.");

    public static string? Apply(string written, out IdentifierRefusal? refusal)
    {
        refusal = BadDomain;
        var name = written.Replace('\u3002', '.').Replace('\uFF61', '.');
        if (name.EndsWith('.')) name = name[..^1];
        name = Ascii.IsValid(name) ? name.ToLowerInvariant() : name;
        if (name.Length == 0) return null;

        if (!Ascii.IsValid(name) || name.Contains("xn--", StringComparison.Ordinal))
        {
            if (!TryIdn(name, out var ascii, out var unicode)) return null;
            if (Scripts.AnyPartMixed(unicode, "."))
            {
                refusal = IdentifierRefusal.MixedScript;
                return null;
            }

            name = ascii;
        }

        if (!IsFullName(name)) return null;
        refusal = null;
        return name;
    }

    // The framework answers a name that IDNA forbids with an exception only.
    private static bool TryIdn(string name, out string ascii, out string unicode)
    {
        ascii = unicode = "";
        if (name.Length > MaxNameLength) return false;
        try
        {
            ascii = Idn.GetAscii(name).ToLowerInvariant();
            unicode = Idn.GetUnicode(ascii);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool IsFullName(string name)
    {
        if (name.Length > MaxNameLength || name.AsSpan().ContainsAnyExcept(NameCharacters)) return false;
        var labels = 0;
        var lastIsNumber = false;
        foreach (var range in name.AsSpan().Split('.'))
        {
            var label = name.AsSpan(range);
            if (label.Length is 0 or > MaxLabelLength || label[0] == '-' || label[^1] == '-') return false;
            lastIsNumber = !label.ContainsAnyExceptInRange('0', '9');
            labels++;
        }

        return labels > 1 && !lastIsNumber;
    }
}
