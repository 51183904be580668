using System.Text.Json;
using System.Text.Json.Serialization;
using OptOut.Client.Gate.Feed;
using OptOut.Contracts;
using OptOut.Contracts.Scopes;

namespace OptOut.Client.Gate.Snapshots;

/// <summary>What a snapshot holds besides the entries: enough to read them, and to ask for what came after.</summary>
internal sealed record SnapshotHead
{
    public required DateTimeOffset WrittenAt { get; init; }

    public required string Cursor { get; init; }

    public required IReadOnlyList<FeedKey> Keys { get; init; }

    public required IReadOnlyList<string> Channels { get; init; }

    public required IReadOnlyList<FeedIdentifierType> IdentifierTypes { get; init; }

    public string? DefaultRegion { get; init; }

    public required int StaleAfterSeconds { get; init; }

    public required IReadOnlyList<string> Purposes { get; init; }

    public required IReadOnlyList<string[]> Sets { get; init; }

    /// <summary>Of a copy that is whole. To be taken where the feed is applied: sets and cursor belong together.</summary>
    public static SnapshotHead Of(SuppressionCopy copy, DateTimeOffset now) => new()
    {
        WrittenAt = now,
        Cursor = copy.Cursor!,
        Keys = [.. copy.Rules.Keys.All.Select(key => new FeedKey { KeyId = key.Id, Key = Convert.ToBase64String(key.Key) })],
        Channels = copy.Rules.Channels,
        IdentifierTypes = copy.Rules.IdentifierTypes,
        DefaultRegion = copy.Rules.DefaultRegion,
        StaleAfterSeconds = (int)copy.Rules.StaleAfter.TotalSeconds,
        Purposes = [.. copy.Scopes.Cover.Purposes],
        Sets = [.. copy.Scopes.All.Select(set => set.Select(scope => $"{scope.Purpose}/{scope.Channel}").ToArray())],
    };

    /// <summary>An empty copy that reads and numbers as the one before did; null where this gate no longer can.</summary>
    public SuppressionCopy? Open()
    {
        var rules = FeedRules.Of(new FeedHello
        {
            Feed = FeedHello.Known, Mode = "resume", Keys = Keys, HashBytes = Table.FeedHash.Bytes, Channels = Channels,
            StaleAfterSeconds = StaleAfterSeconds, IdentifierTypes = IdentifierTypes, DefaultRegion = DefaultRegion,
        });
        if (rules is null) return null;
        var copy = new SuppressionCopy(rules);
        copy.Replace(Purposes);
        for (var i = 0; i < Sets.Count; i++)
            if (copy.Scopes.Number([.. Sets[i].Select(ScopeOf)]) != i)
                return null;
        return copy;
    }

    private static Scope ScopeOf(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? throw new JsonException("Not a scope.") : new Scope(text[..slash], text[(slash + 1)..]);
    }
}

/// <summary>The head's JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    MaxDepth = ContractLimits.MaxJsonDepth)]
[JsonSerializable(typeof(SnapshotHead))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
