using System.Text.Json;
using System.Text.Unicode;
using OptOut.Service.Enforcement.Asking;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Enforcement.Filtering;

/// <summary>
/// Finds out whom a line is about. Other members ride along unread, but the line must be one whole JSON object: what two
/// readers could take for two people is for nobody.
/// </summary>
internal static class FilterLine
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = OptOutJson.MaxDepth };

    /// <summary>False for a line that cannot be read; whether the identifier can be is the question reader's word.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out AskedIdentifier? identifier, out string? subjectId)
    {
        (identifier, subjectId) = (null, null);
        if (!Utf8.IsValid(line))
            return false;
        string? type = null, value = null, hash = null, untagged = null, keyId = null;
        try
        {
            var reader = new Utf8JsonReader(line, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isRead =
                    reader.ValueTextEquals("type"u8) ? TryTake(ref reader, ref type)
                    : reader.ValueTextEquals("value"u8) ? TryTake(ref reader, ref value)
                    : reader.ValueTextEquals("hash"u8) ? TryTake(ref reader, ref hash)
                    : reader.ValueTextEquals("untaggedHash"u8) ? TryTake(ref reader, ref untagged)
                    : reader.ValueTextEquals("keyId"u8) ? TryTake(ref reader, ref keyId)
                    : reader.ValueTextEquals("subjectId"u8) ? TryTake(ref reader, ref subjectId)
                    : reader.TrySkip();
                if (!isRead)
                    return false;
            }

            // Whatever follows the object makes this throw.
            while (reader.Read()) { }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }

        if (value is not null || hash is not null)
            identifier = new AskedIdentifier(type, value, hash, untagged, keyId);
        return true;
    }

    /// <summary>The member's text; false where it is no text, or was there before.</summary>
    private static bool TryTake(ref Utf8JsonReader reader, ref string? member)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String || member is not null)
            return false;
        member = reader.GetString();
        return true;
    }
}
