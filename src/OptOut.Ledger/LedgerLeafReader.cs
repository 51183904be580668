using System.Globalization;
using System.Text.Json;

namespace OptOut.Ledger;

/// <summary>
/// Reads the members of a leaf. It need not notice every deviation: the caller encodes the result again and compares.
/// </summary>
internal static class LedgerLeafReader
{
    /// <summary>RFC 3339 in UTC with milliseconds.</summary>
    internal const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    // Seven members are required, two optional.
    private const int MaxMembers = 9;

    internal static LedgerLeaf Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return ToLeaf(ReadMembers(bytes));
        }
        catch (Exception exception) when (exception
            is JsonException or InvalidOperationException or ArgumentException or KeyNotFoundException
            or OverflowException)
        {
            throw new FormatException("The bytes are no ledger leaf.", exception);
        }
    }

    private static Dictionary<string, string> ReadMembers(ReadOnlySpan<byte> bytes)
    {
        var members = new Dictionary<string, string>(MaxMembers, StringComparer.Ordinal);
        var reader = new Utf8JsonReader(bytes);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName && members.Count < MaxMembers)
        {
            var name = reader.GetString()!;
            reader.Read();
            members.Add(name, reader.GetString()!);
        }

        return members;
    }

    private static LedgerLeaf ToLeaf(Dictionary<string, string> members) => new()
    {
        Kind = members["kind"],
        Record = Guid.ParseExact(members["record"], "D"),
        Version = long.Parse(members["version"], NumberStyles.None, CultureInfo.InvariantCulture),
        Actor = members["actor"],
        At = DateTimeOffset.ParseExact(
            members["at"], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
        CommitmentHash = Convert.FromBase64String(members["c"]),
        System = members.GetValueOrDefault("system"),
        Outcome = members.GetValueOrDefault("outcome"),
    };
}
