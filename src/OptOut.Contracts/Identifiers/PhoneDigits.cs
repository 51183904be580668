using System.Globalization;
using System.Text;

namespace OptOut.Contracts.Identifiers;

/// <summary>A phone number as typed, reduced to its digits.</summary>
/// <param name="Plus">It began with +.</param>
/// <param name="Digits">ASCII digits only.</param>
/// <param name="OptionalZeroAt">Where a zero in brackets of its own stood, "+49 (0)30"; -1 for nowhere.</param>
internal sealed record PhoneDigits(bool Plus, string Digits, int OptionalZeroAt)
{
    public const int MaxDigits = 20;

    private const string Separators = "-.()/\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uFF0D\uFF0E\uFF08\uFF09\uFF0F";

    /// <summary>Digits of any script are read; a letter, an extension or anything else refuses the whole.</summary>
    public static PhoneDigits? Read(string text, out IdentifierRefusal? refusal)
    {
        var digits = new StringBuilder(MaxDigits);
        var plus = false;
        var bracketAt = -1;
        var optionalZeroAt = -1;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber)
                digits.Append((char)('0' + (int)Rune.GetNumericValue(rune)));
            else if (rune.Value is '+' or '\uFF0B' && !plus && digits.Length == 0)
                plus = true;
            else if (rune.Value is '(' or '\uFF08')
                bracketAt = digits.Length;
            else if (rune.Value is ')' or '\uFF09' && ClosesZero(digits, bracketAt))
                optionalZeroAt = bracketAt;
            else if (!Rune.IsWhiteSpace(rune) && !IsSeparator(rune))
                return Refuse(rune, out refusal);
        }

        refusal = digits.Length is 0 or > MaxDigits ? PhoneRule.NotANumber : null;
        return refusal is null ? new PhoneDigits(plus, digits.ToString(), optionalZeroAt) : null;
    }

    private static bool IsSeparator(Rune rune) => rune.IsBmp && Separators.Contains((char)rune.Value);

    private static bool ClosesZero(StringBuilder digits, int bracketAt) =>
        bracketAt >= 0 && bracketAt == digits.Length - 1 && digits[bracketAt] == '0';

    private static PhoneDigits? Refuse(Rune rune, out IdentifierRefusal? refusal)
    {
        refusal = IdentifierRefusal.Unparsable(
            Rune.IsLetter(rune) ? "A phone number is written in digits, without letters or an extension."
            : rune.Value is '#' or ';' or ',' or '*' ? "A phone number is given without an extension or parameters."
            : "The phone number holds a character that no phone number has.");
        return null;
    }
}
