using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OptOut.Service.Platform.Http;

/// <summary>
/// Times as RFC 3339: read with any offset and up to nine decimals, kept to the millisecond, written in UTC with exactly
/// three decimals and <c>Z</c>.
/// </summary>
internal sealed class Rfc3339Converter : JsonConverter<DateTimeOffset>
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    private const int MaxLength = 35;

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String) throw new JsonException();
        Span<char> text = stackalloc char[MaxLength];
        if (reader.HasValueSequence || reader.ValueSpan.Length > MaxLength) throw new JsonException();
        return TryParse(text[..reader.CopyString(text)], out var time) ? time : throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[24];
        value.UtcDateTime.TryFormat(text, out var length, Form, CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }

    /// <summary>The same reading rule for parameters; false for anything but a full date-time with an offset.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DateTimeOffset time)
    {
        time = default;
        if (text.Length is < 20 or > MaxLength || text[10] is not ('T' or 't') || !char.IsAsciiDigit(text[0])) return false;
        var zoned = text[^1] is 'Z' or 'z';
        var offset = zoned ? text.Length - 1 : text.Length - 6;
        if (offset < 19 || (!zoned && (text[offset] is not ('+' or '-') || text[offset + 3] != ':'))) return false;
        var seconds = text[19..offset];
        if (!seconds.IsEmpty && !IsFraction(seconds)) return false;

        Span<char> local = stackalloc char[19];
        text[..19].CopyTo(local);
        local[10] = 'T';
        if (!DateTimeOffset.TryParseExact(local, "yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal, out var whole)) return false;
        return TryApply(whole, Milliseconds(seconds), text[offset..], out time);
    }

    private static bool TryApply(DateTimeOffset whole, int milliseconds, ReadOnlySpan<char> zone, out DateTimeOffset time)
    {
        time = default;
        var shift = TimeSpan.Zero;
        if (zone.Length == 6)
        {
            if (!TimeSpan.TryParseExact(zone[1..], @"hh\:mm", CultureInfo.InvariantCulture, out shift)) return false;
            if (zone[0] == '-') shift = -shift;
        }

        var ticks = whole.UtcTicks + milliseconds * TimeSpan.TicksPerMillisecond - shift.Ticks;
        if (ticks < DateTimeOffset.MinValue.UtcTicks || ticks > DateTimeOffset.MaxValue.UtcTicks) return false;
        time = new DateTimeOffset(ticks, TimeSpan.Zero);
        return true;
    }

    private static bool IsFraction(ReadOnlySpan<char> text) =>
        text.Length is >= 2 and <= 10 && text[0] == '.' && !text[1..].ContainsAnyExceptInRange('0', '9');

    private static int Milliseconds(ReadOnlySpan<char> fraction)
    {
        var value = 0;
        for (var i = 1; i <= 3; i++) value = value * 10 + (i < fraction.Length ? fraction[i] - '0' : 0);
        return value;
    }
}
