using System.Collections.Frozen;
using System.Globalization;

namespace OptOut.Service.Propagation.Channels.Connector.Templates;

/// <summary>What a template may name. Settings and secrets have names of their own behind their prefix.</summary>
internal static class TemplateFields
{
    public const string SettingPrefix = "settings.";
    public const string SecretPrefix = "secrets.";
    public const string List = "list";
    public const string IdentifierValue = "identifier.value";

    private static readonly FrozenDictionary<string, Func<CallFacts, string>> Facts =
        new Dictionary<string, Func<CallFacts, string>>(StringComparer.Ordinal)
        {
            [IdentifierValue] = facts => facts.Identifier.Value,
            ["identifier.type"] = facts => facts.Identifier.Type,
            [List] = facts => facts.List ?? "",
            ["scope.purpose"] = facts => facts.Data.Scope.Purpose,
            ["scope.channel"] = facts => facts.Data.Scope.Channel,
            ["delivery.id"] = facts => facts.Data.DeliveryId,
            ["delivery.hex"] = facts => facts.Data.DeliveryId[4..],
            ["optOut.id"] = facts => facts.Data.OptOutId,
            ["subject.id"] = facts => facts.Data.SubjectId,
            ["version"] = facts => facts.Data.Version.ToString(CultureInfo.InvariantCulture),
            ["recordedAt"] = facts => facts.Data.RecordedAt.UtcDateTime.ToString(
                "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["recordedAt.unix"] = facts => facts.Data.RecordedAt.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IEnumerable<string> Names => Facts.Keys.Order(StringComparer.Ordinal);

    public static bool IsFact(string field) => Facts.ContainsKey(field);

    public static string Of(string field, CallFacts facts) => Facts[field](facts);
}
