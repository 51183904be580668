using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OptOut.Service.Purposes;

namespace OptOut.Service.Enforcement.Feed;

/// <summary>
/// The bytes of events. What many streams send alike is made once, without the two members that differ: the id and the
/// cursor before it.
/// </summary>
internal static class FeedEvents
{
    public const string Entries = "entries";
    public const string Changes = "changes";
    public const string Transferred = "transferred";
    public const string Heartbeat = "heartbeat";
    public const string Purposes = "purposes";
    public const string Hello = "hello";
    public const string End = "end";

    /// <summary>How much of a keyed hash is sent: as good as all of it against chance, and half the size.</summary>
    public const int HashBytes = 16;

    private const int HashCharacters = 22;

    /// <summary>The members after <c>prev</c> of as many events as there are feed keys and pages among the entries.</summary>
    public static IReadOnlyList<byte[]> OfEntries(IReadOnlyCollection<FeedEntry> entries) =>
        [.. entries.GroupBy(e => e.KeyId, StringComparer.Ordinal).SelectMany(g => g.Chunk(FeedQueries.PageSize)).Select(Of)];

    public static byte[] OfPurposes(PurposeTree tree) => Write(json =>
    {
        json.WriteStartArray("purposes"u8);
        foreach (var purpose in tree.ByName.Values.OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            json.WriteStartObject();
            json.WriteString("purpose"u8, purpose.Name);
            json.WriteBoolean("overridable"u8, purpose.Overridable);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static byte[] OfHeartbeat(FeedMoment moment) => Write(json =>
    {
        json.WriteString("asOf"u8,
            moment.AsOf.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("sequence"u8, moment.Transaction.ToString(CultureInfo.InvariantCulture));
    });

    public static byte[] OfTransferred(long entries) => Write(json => json.WriteNumber("entries"u8, entries));

    public static byte[] OfEnd(string reason) => Write(json => json.WriteString("reason"u8, reason));

    /// <summary>Puts one event together: with a cursor it gets an id and says which cursor came before.</summary>
    public static void Write(IBufferWriter<byte> target, string name, byte[] members, string? id = null, string? prev = null)
    {
        Text(target, "event: ");
        Text(target, name);
        if (id is not null)
        {
            Text(target, "\nid: ");
            Text(target, id);
            Text(target, prev is null ? "\ndata: {\"prev\":null," : $"\ndata: {{\"prev\":\"{prev}\",");
        }
        else
        {
            Text(target, "\ndata: {");
        }

        target.Write(members);
        Text(target, "}\n\n");
    }

    internal static byte[] Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        // Without the braces: what is common to an event's streams goes between its own first member and its end.
        return buffer.WrittenSpan[1..^1].ToArray();
    }

    private static byte[] Of(FeedEntry[] entries) => Write(json =>
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var sets = new List<string[]>();
        json.WriteString("keyId"u8, entries[0].KeyId);
        json.WriteStartArray("entries"u8);
        Span<byte> hash = stackalloc byte[HashCharacters];
        foreach (var entry in entries)
        {
            Array.Sort(entry.Scopes, StringComparer.Ordinal);
            var key = string.Join(' ', entry.Scopes);
            if (!places.TryGetValue(key, out var place))
            {
                places.Add(key, place = sets.Count);
                sets.Add(entry.Scopes);
            }

            Base64Url.EncodeToUtf8(entry.Hash.AsSpan(0, HashBytes), hash);
            json.WriteStartArray();
            json.WriteStringValue(hash);
            json.WriteNumberValue(place);
            json.WriteNumberValue(entry.Version);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteStartArray("sets"u8);
        foreach (var set in sets)
        {
            json.WriteStartArray();
            foreach (var scope in set)
                json.WriteStringValue(scope);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    });

    private static void Text(IBufferWriter<byte> target, string text) => Encoding.ASCII.GetBytes(text, target);
}
