using System.Text.Json.Serialization;
using OptOut.Service.Platform.Http;

namespace OptOut.Service.Purposes;

/// <summary>What a purpose is to be.</summary>
/// <param name="DisplayName">For people; 1 to 200 characters.</param>
/// <param name="Overridable">Whether transactional messages may pass a stop of it. Never for <c>all</c>.</param>
/// <param name="ObjectiveSeconds">How soon a stop of it has to be applied everywhere, 1 to 2,592,000.</param>
public sealed record PurposeRequest(string DisplayName, bool Overridable = false, int ObjectiveSeconds = 60);

/// <summary>A purpose.</summary>
/// <param name="Purpose">Its name; dots make the tree.</param>
/// <param name="Parent">The purpose above; null for <c>all</c>.</param>
/// <param name="DisplayName">For people.</param>
/// <param name="Overridable">Whether transactional messages may pass a stop of it.</param>
/// <param name="ObjectiveSeconds">How soon a stop of it has to be applied everywhere.</param>
/// <param name="Version">Also the <c>ETag</c>.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it last changed.</param>
public sealed record PurposeView(
    string Purpose,
    string? Parent,
    string DisplayName,
    bool Overridable,
    int ObjectiveSeconds,
    int Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    internal static PurposeView Of(PurposeRow row) => new(
        row.Name, row.Parent, row.DisplayName, row.Overridable, row.ObjectiveSeconds, row.Version, row.CreatedAt,
        row.UpdatedAt);
}

/// <summary>An edit that waits for a second person, against the version it was asked for.</summary>
internal sealed record PendingPurpose(int Version, PurposeRequest Request);

[JsonSerializable(typeof(PurposeRequest))]
[JsonSerializable(typeof(PurposeView))]
[JsonSerializable(typeof(ListAnswer<PurposeView>))]
[JsonSerializable(typeof(PendingPurpose))]
internal sealed partial class PurposesJson : JsonSerializerContext
{
    public static PurposesJson Strict { get; } = new(OptOutJson.NewOptions());
}
