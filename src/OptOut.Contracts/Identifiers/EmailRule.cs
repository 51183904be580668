using System.Buffers;
using System.Text;

namespace OptOut.Contracts.Identifiers;

/// <summary>
/// E-mail addresses (RFC 5321, RFC 6531): trimmed, NFC, full-width forms to ASCII, local part folded, domain to
/// lower-case ASCII without a trailing dot. A quoted local part is read when it holds only letters, digits, dots and
/// the other characters of an unquoted one, and loses quotes it does not need; any other quoted form is refused.
/// </summary>
internal static class EmailRule
{
    public const short Version = 1;

    private static readonly SearchValues<char> AtomText = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~.");

    private static readonly IdentifierRefusal NotAnAddress =
        IdentifierRefusal.Unparsable("An e-mail address is one local part, one @ and one domain.");

    private static readonly IdentifierRefusal BadLocalPart =
        IdentifierRefusal.Unparsable("The part before the @ is not a local part of an e-mail address.");

    public static string? Apply(string text, out IdentifierRefusal? refusal)
    {
        var address = IdentifierText.Prepare(text, IdentifierTypes.MaxLength, trim: true, out refusal);
        if (address is null) return null;
        if (!Ascii.IsValid(address))
        {
            if (IdentifierText.HoldsInvisible(address)) return Refuse(IdentifierRefusal.ControlCharacter, out refusal);
            address = IdentifierText.FoldWidth(address).Normalize(NormalizationForm.FormC);
        }

        var at = address.LastIndexOf('@');
        if (at < 1 || at == address.Length - 1) return Refuse(NotAnAddress, out refusal);
        if (LocalPart(address[..at]) is not { } local)
            return Refuse(address.AsSpan(0, at).Contains('@') ? NotAnAddress : BadLocalPart, out refusal);
        if (Scripts.AnyPartMixed(local, ".+")) return Refuse(IdentifierRefusal.MixedScript, out refusal);
        if (EmailDomain.Apply(address[(at + 1)..], out refusal) is not { } domain) return null;
        return local.Length + 1 + domain.Length <= IdentifierTypes.MaxLength
            ? $"{local}@{domain}"
            : Refuse(IdentifierRefusal.TooLong(IdentifierTypes.MaxLength), out refusal);
    }

    /// <summary>The canonical address without its plus-tag, null where there is none.</summary>
    public static string? Untagged(string canonical)
    {
        var at = canonical.LastIndexOf('@');
        var local = Unquote(canonical[..at]);
        var plus = local.IndexOf('+');
        return plus > 0 ? Quote(local[..plus]) + canonical[at..] : null;
    }

    private static string? LocalPart(string written)
    {
        var local = Unquote(written);
        if (local.Length == 0 || !IsAtomText(local)) return null;
        var folded = IdentifierText.FoldCase(local);
        return IsDotAtom(local) || local.Length < written.Length ? Quote(folded) : null;
    }

    private static string Unquote(string local) =>
        local.Length > 2 && local[0] == '"' && local[^1] == '"' ? local[1..^1] : local;

    private static string Quote(string local) => IsDotAtom(local) ? local : $"\"{local}\"";

    private static bool IsDotAtom(string local) =>
        local[0] != '.' && local[^1] != '.' && !local.Contains("..", StringComparison.Ordinal);

    // Beyond ASCII everything but white space is a letter of somebody's name (RFC 6531).
    private static bool IsAtomText(string local)
    {
        if (Ascii.IsValid(local)) return !local.AsSpan().ContainsAnyExcept(AtomText);
        foreach (var c in local)
            if (char.IsAscii(c) ? !AtomText.Contains(c) : char.IsWhiteSpace(c))
                return false;

        return true;
    }

    private static string? Refuse(IdentifierRefusal why, out IdentifierRefusal? refusal)
    {
        refusal = why;
        return null;
    }
}
