using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Access.Keys;

/// <summary>Asks for a key.</summary>
/// <param name="Name">What the key is for, 1 to 200 characters; shown in lists.</param>
/// <param name="Roles">What it may do; see the roles of the access page.</param>
/// <param name="ExpiresAt">When it ends; null for never.</param>
public sealed record NewKey(string Name, IReadOnlyList<string> Roles, DateTimeOffset? ExpiresAt = null);

/// <summary>Asks for a new secret.</summary>
/// <param name="OverlapSeconds">How long the old secret still holds, 0 to 604,800 (a week); 0 where absent.</param>
public sealed record KeyRotation(int? OverlapSeconds = null);

/// <summary>A key just made or rotated.</summary>
/// <param name="Id">16 hex digits; part of the key.</param>
/// <param name="Name">Its name.</param>
/// <param name="Roles">Its roles.</param>
/// <param name="ExpiresAt">When it ends; null for never.</param>
/// <param name="Key">The whole key. It is shown in this answer and never again.</param>
public sealed record CreatedKey(
    string Id, string Name, IReadOnlyList<string> Roles, DateTimeOffset? ExpiresAt, string Key);

/// <summary>A key in a list, without its secret.</summary>
/// <param name="Id">16 hex digits; part of the key.</param>
/// <param name="Name">Its name.</param>
/// <param name="Roles">Its roles.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="ExpiresAt">When it ends by itself; null for never.</param>
/// <param name="RevokedAt">When it was ended; null while it holds.</param>
/// <param name="PreviousSecretUntil">Until when the secret before the last rotation holds; null where there is none.</param>
public sealed record ListedKey(
    string Id,
    string Name,
    IReadOnlyList<string> Roles,
    string CreatedBy,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? PreviousSecretUntil);

[JsonSerializable(typeof(NewKey))]
[JsonSerializable(typeof(KeyRotation))]
[JsonSerializable(typeof(CreatedKey))]
[JsonSerializable(typeof(ListAnswer<ListedKey>), TypeInfoPropertyName = "ListedKeys")]
internal sealed partial class KeysJson : JsonSerializerContext
{
    public static KeysJson Strict { get; } = new(OptOutJson.NewOptions());
}
