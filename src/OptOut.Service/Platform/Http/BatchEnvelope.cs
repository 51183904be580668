using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace OptOut.Service.Platform.Http;

/// <summary>Cuts <c>{ "items": [ … ] }</c> into its items, each then read alone, so that one bad item spoils no other.</summary>
internal static class BatchEnvelope
{
    // Deeper than an item may be: an item that is too deep is refused as that item, not as the batch.
    private const int EnvelopeDepth = 256;

    public static Batch<T> Parse<T>(ReadOnlyMemory<byte> raw, JsonTypeInfo<T> item, int maxItems, int maxItemBytes)
        where T : class
    {
        if (raw.IsEmpty) return Refused<T>(raw, ProblemKinds.InvalidJson.With("The body is empty."));
        if (!Utf8.IsValid(raw.Span)) return Refused<T>(raw, ProblemKinds.InvalidEncoding.With());
        try
        {
            var slices = new List<Range>();
            if (Slice(raw.Span, maxItems, slices) is { } problem) return Refused<T>(raw, problem);
            var items = new Body<T>[slices.Count];
            for (var i = 0; i < items.Length; i++) items[i] = ParseItem(raw[slices[i]], item, maxItemBytes);
            return new Batch<T>(items, raw, null);
        }
        catch (JsonException)
        {
            return Refused<T>(raw, ProblemKinds.InvalidJson.With());
        }
    }

    private static Body<T> ParseItem<T>(ReadOnlyMemory<byte> raw, JsonTypeInfo<T> item, int maxItemBytes)
        where T : class =>
        raw.Length > maxItemBytes
            ? Body<T>.Refused(ProblemKinds.BodyTooLarge.With($"One item may take {maxItemBytes} bytes."), raw)
            : JsonBody.ParseValid(raw, item);

    private static Problem? Slice(ReadOnlySpan<byte> raw, int maxItems, List<Range> slices)
    {
        var reader = new Utf8JsonReader(raw, new JsonReaderOptions { MaxDepth = EnvelopeDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return ProblemKinds.WrongType.At("", "wrong_type", "An object with the member items is expected.");

        var seen = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("items"u8))
                return ProblemKinds.UnknownMember.At("", "unknown_member", "Only the member items is known.");
            if (seen) return ProblemKinds.DuplicateMember.At("/items", "duplicate_member", "The member appears twice.");
            seen = true;
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
                return ProblemKinds.WrongType.At("/items", "wrong_type", "An array is expected.");
            if (!TrySliceItems(ref reader, maxItems, slices))
                return ProblemKinds.TooManyItems.At("/items", "too_many_items", $"At most {maxItems} items are taken.");
        }

        // Reading on to the end finds whatever follows the object.
        while (reader.Read()) { }
        return slices.Count > 0
            ? null
            : ProblemKinds.ValidationFailed.At("/items", "required", "At least one item is needed.");
    }

    private static bool TrySliceItems(ref Utf8JsonReader reader, int maxItems, List<Range> slices)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (slices.Count == maxItems) return false;
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            slices.Add(start..(int)reader.BytesConsumed);
        }

        return true;
    }

    private static Batch<T> Refused<T>(ReadOnlyMemory<byte> raw, Problem problem)
        where T : class => new([], raw, problem);
}
