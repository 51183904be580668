using System.Text.Json;
using OptOut.Client.Gate.Table;
using OptOut.Contracts.Scopes;

namespace OptOut.Client.Gate.Feed;

/// <summary>What one identifier's hash stands for from a version on; the set is a place in the event's own sets.</summary>
internal readonly record struct FeedEntry(FeedHash Hash, int Set, long Version);

/// <summary>
/// <c>entries</c> or <c>changes</c>. Read by hand: a full transfer holds millions of entries, and none of them is worth
/// an object.
/// </summary>
internal sealed record EntriesEvent(
    string? Prev, string KeyId, IReadOnlyList<IReadOnlyList<Scope>> Sets, IReadOnlyList<FeedEntry> Entries)
{
    /// <summary>As many as the feed's page says; more is not this feed.</summary>
    public const int MaxEntries = 2_000;

    private static readonly JsonReaderOptions Strict = new() { MaxDepth = 8 };

    /// <exception cref="JsonException">Not an event of this form.</exception>
    public static EntriesEvent Read(ReadOnlySpan<byte> data)
    {
        var reader = new Utf8JsonReader(data, Strict);
        string? prev = null, keyId = null;
        List<IReadOnlyList<Scope>>? sets = null;
        List<FeedEntry>? entries = null;
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("prev"u8)) prev = ReadText(ref reader);
            else if (reader.ValueTextEquals("keyId"u8)) keyId = Once(keyId, ReadText(ref reader));
            else if (reader.ValueTextEquals("sets"u8)) sets = Once(sets, ReadSets(ref reader));
            else if (reader.ValueTextEquals("entries"u8)) entries = Once(entries, ReadEntries(ref reader));
            else reader.Skip();
        }

        if (keyId is null || sets is null || entries is null || reader.TokenType != JsonTokenType.EndObject)
            throw new JsonException("A member is missing.");
        foreach (var entry in entries)
            if (entry.Set < 0 || entry.Set >= sets.Count)
                throw new JsonException("An entry names a set that is not there.");
        return new EntriesEvent(prev, keyId, sets, entries);
    }

    private static T? Once<T>(T? before, T? read)
        where T : class =>
        before is null ? read : throw new JsonException("A member appears twice.");

    private static string? ReadText(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Null => null,
            _ => throw new JsonException("Text is expected."),
        };
    }

    private static List<IReadOnlyList<Scope>> ReadSets(ref Utf8JsonReader reader)
    {
        var sets = new List<IReadOnlyList<Scope>>();
        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            var scopes = new List<Scope>();
            while (reader.Read() && reader.TokenType == JsonTokenType.String) scopes.Add(ReadScope(reader.GetString()!));
            IsAt(reader, JsonTokenType.EndArray);
            sets.Add(scopes);
        }

        IsAt(reader, JsonTokenType.EndArray);
        return sets;
    }

    private static Scope ReadScope(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && slash < text.Length - 1
            ? new Scope(text[..slash], text[(slash + 1)..])
            : throw new JsonException("A scope is purpose/channel.");
    }

    private static List<FeedEntry> ReadEntries(ref Utf8JsonReader reader)
    {
        var entries = new List<FeedEntry>();
        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            if (entries.Count == MaxEntries) throw new JsonException("The event has too many entries.");
            Expect(ref reader, JsonTokenType.String);
            if (reader.ValueIsEscaped || !FeedHash.TryParse(reader.ValueSpan, out var hash))
                throw new JsonException("A hash is 16 bytes in base64url.");
            Expect(ref reader, JsonTokenType.Number);
            var set = reader.GetInt32();
            Expect(ref reader, JsonTokenType.Number);
            entries.Add(new FeedEntry(hash, set, reader.GetInt64()));
            // Whatever later members an entry gets, they follow these three.
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) reader.Skip();
        }

        IsAt(reader, JsonTokenType.EndArray);
        return entries;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        reader.Read();
        IsAt(reader, type);
    }

    private static void IsAt(in Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != type) throw new JsonException($"{type} is expected.");
    }
}
