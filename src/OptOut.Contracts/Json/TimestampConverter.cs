using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OptOut.Contracts.Json;

/// <summary>
/// RFC 3339 in UTC with milliseconds and <c>Z</c>. Reading accepts any fraction and any stated offset; a time without
/// an offset is refused, because it would mean another instant on another machine.
/// </summary>
public sealed class TimestampConverter : JsonConverter<DateTimeOffset>
{
    /// <summary>The format that is written.</summary>
    public const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <inheritdoc />
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String
            && reader.TryGetDateTimeOffset(out var value)
            && StatesOffset(reader.GetString()!))
        {
            return value.ToUniversalTime();
        }

        throw new JsonException("Not an RFC 3339 time with an offset.");
    }

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Span<char> text = stackalloc char[24];
        value.UtcDateTime.TryFormat(text, out var length, Format, CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }

    private static bool StatesOffset(string text)
    {
        var time = text.IndexOf('T', StringComparison.Ordinal);
        return time > 0 && text.AsSpan(time).IndexOfAny("Z+-") > 0;
    }
}
