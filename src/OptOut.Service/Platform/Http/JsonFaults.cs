using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OptOut.Service.Platform.Http;

/// <summary>
/// Finds what is wrong with a body that was refused, or that might hold what the serialiser lets pass. Form comes first
/// (400), content second (422). Bounded by the body's size and depth and by <see cref="MaxErrors"/>.
/// </summary>
internal static class JsonFaults
{
    /// <summary>How many faults one answer lists.</summary>
    public const int MaxErrors = 20;

    /// <summary>Null where nothing is wrong.</summary>
    public static Problem? Find(ReadOnlyMemory<byte> raw, JsonTypeInfo type)
    {
        try
        {
            if (FindInTokens(raw.Span) is { } problem) return problem;
        }
        catch (JsonException)
        {
            return ProblemKinds.InvalidJson.With();
        }
        catch (InvalidOperationException)
        {
            // The reader's word for an escaped surrogate without its partner.
            return ProblemKinds.InvalidEncoding.With();
        }

        using var document = JsonDocument.Parse(raw, new JsonDocumentOptions { MaxDepth = OptOutJson.MaxDepth });
        var walk = new JsonShapeWalk(type.Options);
        walk.Visit(document.RootElement, type, "");
        return walk.ToProblem();
    }

    private static Problem? FindInTokens(ReadOnlySpan<byte> raw)
    {
        var reader = new Utf8JsonReader(raw, new JsonReaderOptions { MaxDepth = int.MaxValue });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray
                && reader.CurrentDepth >= OptOutJson.MaxDepth) return ProblemKinds.TooDeep.With();
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && reader.ValueIsEscaped
                && reader.GetString()!.Contains('\0', StringComparison.Ordinal)) return ProblemKinds.NullCharacter.With();
        }

        return null;
    }
}
