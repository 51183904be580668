using System.Text.Json;
using System.Text.Json.Serialization;

namespace OptOut.Contracts.Json;

/// <summary>
/// Reads and writes a member of a closed set by its exact <c>snake_case</c> name. Numbers, other case, lists and
/// unknown names are refused: a word that we do not know must never be taken for one that we do.
/// </summary>
public sealed class ClosedSetConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    // Longer than any name of ours; a longer text cannot be a member.
    private const int MaxNameLength = 64;

    /// <inheritdoc />
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String && reader.ValueLength() <= MaxNameLength)
        {
            Span<char> text = stackalloc char[MaxNameLength];
            if (WireNames.TryParse(text[..reader.CopyString(text)], out T value)) return value;
        }

        throw new JsonException($"Not a member of the closed set {typeof(T).Name}.");
    }

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(WireNames.Of(value));
    }
}

file static class ReaderLength
{
    internal static long ValueLength(this in Utf8JsonReader reader) =>
        reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
}
