using System.Globalization;
using System.Text;

namespace OptOut.Contracts.Identifiers;

/// <summary>
/// Unicode's "highly restrictive" level (UTS #39): one script, or Latin with the scripts that are written together in
/// Japanese, Chinese or Korean. Digits, marks and punctuation belong to every script; letters outside the table count
/// as one further script.
/// </summary>
internal static class Scripts
{
    [Flags]
    private enum Script
    {
        None = 0, Latin = 1, Greek = 2, Cyrillic = 4, Armenian = 8, Hebrew = 16, Arabic = 32, Devanagari = 64,
        Thai = 128, Georgian = 256, Hangul = 512, Kana = 1024, Bopomofo = 2048, Han = 4096, Other = 8192,
    }

    private static readonly Script[] WrittenTogether =
    [
        Script.Latin | Script.Han | Script.Kana,
        Script.Latin | Script.Han | Script.Bopomofo,
        Script.Latin | Script.Han | Script.Hangul,
    ];

    // First and last code point, in order. Only letters are looked up, so a range may span marks and signs.
    private static readonly (int First, int Last, Script Script)[] Ranges =
    [
        (0x0041, 0x02B8, Script.Latin), (0x02E0, 0x02E4, Script.Latin), (0x02EA, 0x02EB, Script.Bopomofo),
        (0x0370, 0x03E1, Script.Greek), (0x03F0, 0x03FF, Script.Greek), (0x0400, 0x052F, Script.Cyrillic),
        (0x0531, 0x058A, Script.Armenian), (0x0591, 0x05F4, Script.Hebrew), (0x0600, 0x06FF, Script.Arabic),
        (0x0750, 0x077F, Script.Arabic), (0x0870, 0x08FF, Script.Arabic), (0x0900, 0x097F, Script.Devanagari),
        (0x0E01, 0x0E5B, Script.Thai), (0x10A0, 0x10FF, Script.Georgian), (0x1100, 0x11FF, Script.Hangul),
        (0x1C80, 0x1C8A, Script.Cyrillic), (0x1C90, 0x1CBF, Script.Georgian), (0x1D00, 0x1D25, Script.Latin),
        (0x1D26, 0x1D2A, Script.Greek), (0x1D2B, 0x1D2B, Script.Cyrillic), (0x1D2C, 0x1D77, Script.Latin),
        (0x1D78, 0x1D78, Script.Cyrillic), (0x1D79, 0x1DBE, Script.Latin), (0x1E00, 0x1EFF, Script.Latin),
        (0x1F00, 0x1FFF, Script.Greek), (0x2071, 0x2071, Script.Latin), (0x207F, 0x209C, Script.Latin),
        (0x2126, 0x2126, Script.Greek), (0x212A, 0x212B, Script.Latin), (0x2132, 0x2132, Script.Latin),
        (0x214E, 0x2188, Script.Latin), (0x2C60, 0x2C7F, Script.Latin), (0x2D00, 0x2D2D, Script.Georgian),
        (0x2DE0, 0x2DFF, Script.Cyrillic), (0x3005, 0x3029, Script.Han), (0x3031, 0x3035, Script.Kana),
        (0x3038, 0x303B, Script.Han), (0x3041, 0x30FF, Script.Kana), (0x3105, 0x312F, Script.Bopomofo),
        (0x3131, 0x318E, Script.Hangul), (0x31A0, 0x31BF, Script.Bopomofo), (0x31F0, 0x31FF, Script.Kana),
        (0x3400, 0x4DBF, Script.Han), (0x4E00, 0x9FFF, Script.Han), (0xA640, 0xA69F, Script.Cyrillic),
        (0xA722, 0xA7FF, Script.Latin), (0xA8E0, 0xA8FF, Script.Devanagari), (0xA960, 0xA97C, Script.Hangul),
        (0xAB30, 0xAB64, Script.Latin), (0xAC00, 0xD7FB, Script.Hangul), (0xF900, 0xFAD9, Script.Han),
        (0xFB00, 0xFB06, Script.Latin), (0xFB13, 0xFB17, Script.Armenian), (0xFB1D, 0xFB4F, Script.Hebrew),
        (0xFB50, 0xFDFF, Script.Arabic), (0xFE70, 0xFEFF, Script.Arabic), (0xFF21, 0xFF5A, Script.Latin),
        (0xFF66, 0xFF9F, Script.Kana), (0xFFA0, 0xFFDC, Script.Hangul), (0x1B000, 0x1B16F, Script.Kana),
        (0x20000, 0x3FFFD, Script.Han),
    ];

    /// <summary>Whether letters stand together here that no one writing system combines.</summary>
    public static bool Mixed(ReadOnlySpan<char> text)
    {
        var seen = Script.None;
        foreach (var rune in text.EnumerateRunes()) seen |= Of(rune);
        return (seen & (seen - 1)) != 0 && !Array.Exists(WrittenTogether, allowed => (seen & ~allowed) == 0);
    }

    /// <summary>The same for each part between any of the separators.</summary>
    public static bool AnyPartMixed(ReadOnlySpan<char> text, ReadOnlySpan<char> separators)
    {
        if (Ascii.IsValid(text)) return false;
        foreach (var part in text.SplitAny(separators))
            if (Mixed(text[part]))
                return true;

        return false;
    }

    private static Script Of(Rune rune)
    {
        if (rune.IsAscii) return Rune.IsLetter(rune) ? Script.Latin : Script.None;
        if (!Rune.IsLetter(rune) && Rune.GetUnicodeCategory(rune) != UnicodeCategory.LetterNumber) return Script.None;
        int low = 0, high = Ranges.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (rune.Value < Ranges[middle].First) high = middle - 1;
            else if (rune.Value > Ranges[middle].Last) low = middle + 1;
            else return Ranges[middle].Script;
        }

        return Script.Other;
    }
}
