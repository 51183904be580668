using System.Globalization;
using System.Text;

namespace OptOut.Ledger;

/// <summary>
/// Readings that accept one spelling of a value only. The library's own decoders accept several (white space and
/// trailing bits in base64, signs and leading zeros in numbers, replacement of bad UTF-8), and a second spelling of a
/// proof is a second proof.
/// </summary>
internal static class StrictText
{
    internal static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static string DecodeUtf8(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new FormatException("The text is not UTF-8.", exception);
        }
    }

    internal static byte[] DecodeBase64(string text)
    {
        var bytes = Convert.FromBase64String(text);
        return Convert.ToBase64String(bytes) == text
            ? bytes
            : throw new FormatException("The base64 is not in its canonical form.");
    }

    internal static byte[] DecodeHash(string text)
    {
        var hash = DecodeBase64(text);
        return hash.Length == MerkleTree.HashBytes ? hash : throw new FormatException("A hash has 32 bytes.");
    }

    internal static long ParseSize(string text)
    {
        var canonical = text.Length > 0 && (text[0] != '0' || text.Length == 1);
        return canonical && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException("A size is a decimal of at most 63 bits without sign, space or leading zero.");
    }
}
