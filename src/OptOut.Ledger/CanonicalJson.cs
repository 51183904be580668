using System.Buffers;
using System.Text;

namespace OptOut.Ledger;

/// <summary>
/// Writes JSON as RFC 8785 (JSON Canonicalization Scheme) defines it, so that one value has exactly one encoding:
/// no white space, members sorted by UTF-16 code units, only the escapes of section 3.2.2.2, UTF-8.
/// The general-purpose writer of .NET escapes more than that and is therefore no substitute.
/// </summary>
public static class CanonicalJson
{
    /// <summary>How deep objects and arrays may lie inside each other.</summary>
    public const int MaxDepth = 32;

    private const string HexDigits = "0123456789abcdef";
    private const int InitialBytes = 512;

    // What must be escaped: the quotation mark, the backslash and the control characters below U+0020.
    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(code => (char)code), '"', '\\']);

    /// <summary>Encodes <paramref name="value"/> as canonical UTF-8, without a byte order mark.</summary>
    /// <exception cref="ArgumentException">
    /// A string holds a lone surrogate, or the value is nested deeper than <see cref="MaxDepth"/>.
    /// </exception>
    public static byte[] ToBytes(CanonicalValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var output = new ArrayBufferWriter<byte>(InitialBytes);
        Write(output, value, 0);
        return output.WrittenSpan.ToArray();
    }

    private static void Write(ArrayBufferWriter<byte> output, CanonicalValue value, int depth)
    {
        if (depth > MaxDepth)
            throw new ArgumentException("The value is nested too deep.", nameof(value));

        switch (value)
        {
            case CanonicalValue.CanonicalString text:
                WriteString(output, text.Text);
                break;
            case CanonicalObject members:
                WriteObject(output, members, depth);
                break;
            case CanonicalArray elements:
                WriteArray(output, elements, depth);
                break;
        }
    }

    private static void WriteObject(ArrayBufferWriter<byte> output, CanonicalObject members, int depth)
    {
        output.Write("{"u8);
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0)
                output.Write(","u8);
            WriteString(output, members.NameAt(i));
            output.Write(":"u8);
            Write(output, members.ValueAt(i), depth + 1);
        }

        output.Write("}"u8);
    }

    private static void WriteArray(ArrayBufferWriter<byte> output, CanonicalArray elements, int depth)
    {
        output.Write("["u8);
        for (var i = 0; i < elements.Count; i++)
        {
            if (i > 0)
                output.Write(","u8);
            Write(output, elements.ElementAt(i), depth + 1);
        }

        output.Write("]"u8);
    }

    private static void WriteString(ArrayBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        var rest = text.AsSpan();
        while (rest.IndexOfAny(Escaped) is var position and >= 0)
        {
            WriteText(output, rest[..position]);
            WriteEscape(output, rest[position]);
            rest = rest[(position + 1)..];
        }

        WriteText(output, rest);
        output.Write("\""u8);
    }

    private static void WriteText(ArrayBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        // The default encoding replaces what it cannot encode, which would give two values one form.
        if (!text.IsEmpty)
            StrictText.Utf8.GetBytes(text, output);
    }

    private static void WriteEscape(ArrayBufferWriter<byte> output, char character)
    {
        switch (character)
        {
            case '"': output.Write("\\\""u8); break;
            case '\\': output.Write("\\\\"u8); break;
            case '\b': output.Write("\\b"u8); break;
            case '\t': output.Write("\\t"u8); break;
            case '\n': output.Write("\\n"u8); break;
            case '\f': output.Write("\\f"u8); break;
            case '\r': output.Write("\\r"u8); break;
            default:
                output.Write("\\u00"u8);
                output.Write([(byte)HexDigits[character >> 4], (byte)HexDigits[character & 0xF]]);
                break;
        }
    }
}
