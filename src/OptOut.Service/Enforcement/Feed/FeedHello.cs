using OptOut.Service.Platform.Keys;
using OptOut.Service.Purposes;
using OptOut.Contracts.Identifiers;

namespace OptOut.Service.Enforcement.Feed;

/// <summary>The first event: what a gate needs to hash and to judge by itself.</summary>
internal sealed class FeedHello(KeyRing ring, IdentifierOptions identifiers)
{
    public const string Format = "optout.feed/1";
    public const int StaleAfterSeconds = 30;

    private static readonly (string Type, short RulesVersion)[] BuiltIn =
    [
        (IdentifierTypes.Email, EmailRule.Version), (IdentifierTypes.Phone, PhoneRule.Version),
        (IdentifierTypes.UserId, PlainRules.Version), (IdentifierTypes.DeviceId, PlainRules.Version),
    ];

    /// <param name="reason">Why everything is sent; null where the caller's copy goes on.</param>
    public byte[] Of(string? reason) => FeedEvents.Write(json =>
    {
        json.WriteString("feed"u8, Format);
        json.WriteString("mode"u8, reason is null ? "resume" : "full");
        json.WriteString("reason"u8, reason);
        json.WriteStartArray("keys"u8);
        foreach (var id in ring.Ids)
        {
            json.WriteStartObject();
            json.WriteString("keyId"u8, id);
            // The key of this use alone: it opens neither the database's index nor any value.
            json.WriteBase64String("key"u8, ring.Key(KeyUse.Feed, id));
            json.WriteBoolean("current"u8, id == ring.CurrentId);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("hashBytes"u8, FeedEvents.HashBytes);
        json.WriteNumber("heartbeatSeconds"u8, (int)FeedHub.HeartbeatInterval.TotalSeconds);
        json.WriteNumber("staleAfterSeconds"u8, StaleAfterSeconds);
        json.WriteStartArray("channels"u8);
        foreach (var channel in Channels.All)
            json.WriteStringValue(channel);
        json.WriteEndArray();
        json.WriteStartArray("identifierTypes"u8);
        foreach (var (type, version) in BuiltIn)
            WriteType(json, type, version, null);
        foreach (var (type, options) in identifiers.Types.OrderBy(t => t.Key, StringComparer.Ordinal))
            WriteType(json, type, options.RulesVersion, options);
        json.WriteEndArray();
        json.WriteString("defaultRegion"u8, identifiers.DefaultRegion);
    });

    private static void WriteType(
        System.Text.Json.Utf8JsonWriter json, string type, short version, IdentifierTypeOptions? options)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WriteNumber("rulesVersion"u8, version);
        if (options is not null)
        {
            json.WriteBoolean("trim"u8, options.Trim);
            json.WriteBoolean("lowerCase"u8, options.LowerCase);
            json.WriteString("pattern"u8, options.Pattern);
            json.WriteNumber("maxLength"u8, options.MaxLength);
        }

        json.WriteEndObject();
    }
}
