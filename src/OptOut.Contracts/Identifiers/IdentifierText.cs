using System.Globalization;
using System.Text;

namespace OptOut.Contracts.Identifiers;

/// <summary>What all identifier types share: bounds, forbidden characters, Unicode NFC, case.</summary>
internal static class IdentifierText
{
    /// <summary>Null with a refusal when the text is empty, too long, or holds what no identifier may hold.</summary>
    public static string? Prepare(string text, int maxLength, bool trim, out IdentifierRefusal? refusal)
    {
        var prepared = trim ? text.Trim() : text;
        refusal = prepared.Length == 0 ? IdentifierRefusal.Empty
            : prepared.Length > maxLength ? IdentifierRefusal.TooLong(maxLength)
            : HoldsForbidden(prepared) ? IdentifierRefusal.ControlCharacter
            : null;
        if (refusal is not null || Ascii.IsValid(prepared)) return refusal is null ? prepared : null;

        prepared = prepared.Normalize(NormalizationForm.FormC);
        if (trim) prepared = prepared.Trim();
        refusal = prepared.Length == 0 ? IdentifierRefusal.Empty
            : prepared.Length > maxLength ? IdentifierRefusal.TooLong(maxLength) : null;
        return refusal is null ? prepared : null;
    }

    /// <summary>Characters that show nothing and let two spellings look alike, beyond those never allowed.</summary>
    public static bool HoldsInvisible(string text)
    {
        foreach (var c in text)
            if (c is '\u034F' or '\u115F' or '\u1160' or '\u17B4' or '\u17B5' or '\u2800' or '\u3164' or '\uFFA0'
                or (>= '\u180B' and <= '\u180F') or (>= '\uFE00' and <= '\uFE0F') or (>= '\uDB40' and <= '\uDB43'))
                return true;

        return false;
    }

    /// <summary>
    /// Case folded for matching. Upper before lower brings forms that differ only in writing together, such as the two
    /// small sigmas; the Turkish dotted capital is spelled out because invariant case leaves it alone.
    /// </summary>
    public static string FoldCase(string text)
    {
        if (Ascii.IsValid(text)) return text.ToLowerInvariant();
        var folded = text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToUpperInvariant().ToLowerInvariant();
        return folded.Normalize(NormalizationForm.FormC);
    }

    /// <summary>Full-width forms of ASCII, as East Asian keyboards write them, to ASCII.</summary>
    public static string FoldWidth(string text) =>
        Ascii.IsValid(text) ? text : string.Create(text.Length, text, static (folded, source) =>
        {
            for (var i = 0; i < source.Length; i++)
                folded[i] = source[i] is >= '\uFF01' and <= '\uFF5E' ? (char)(source[i] - 0xFEE0) : source[i];
        });

    // Control, direction and zero-width characters, line ends, half surrogates, and code points that are no characters.
    private static bool HoldsForbidden(string text)
    {
        if (Ascii.IsValid(text)) return text.AsSpan().ContainsAnyInRange('\0', '\u001F') || text.Contains('\u007F');
        for (var i = 0; i < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune)) return true;
            i += rune.Utf16SequenceLength;
            if ((rune.Value & 0xFFFE) == 0xFFFE || rune.Value is >= 0xFDD0 and <= 0xFDEF) return true;
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate)
                return true;
        }

        return false;
    }
}
