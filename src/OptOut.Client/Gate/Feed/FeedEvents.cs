using System.Text.Json.Serialization;
using OptOut.Contracts;
using OptOut.Contracts.Json;

namespace OptOut.Client.Gate.Feed;

/// <summary>The first event of every stream: how to read what follows.</summary>
internal sealed record FeedHello
{
    /// <summary>The one feed that this gate understands.</summary>
    public const string Known = "optout.feed/1";

    public required string Feed { get; init; }

    public required string Mode { get; init; }

    public string? Reason { get; init; }

    public required IReadOnlyList<FeedKey> Keys { get; init; }

    public required int HashBytes { get; init; }

    public required int StaleAfterSeconds { get; init; }

    public required IReadOnlyList<string> Channels { get; init; }

    public required IReadOnlyList<FeedIdentifierType> IdentifierTypes { get; init; }

    public string? DefaultRegion { get; init; }
}

/// <summary>One feed key: 32 bytes in base64.</summary>
internal sealed record FeedKey
{
    public required string KeyId { get; init; }

    public required string Key { get; init; }

    /// <summary>Nothing of the key.</summary>
    public override string ToString() => KeyId;
}

/// <summary>A type of identifier that the service reads; the members after the version only for configured ones.</summary>
internal sealed record FeedIdentifierType
{
    public required string Type { get; init; }

    public required int RulesVersion { get; init; }

    public bool? Trim { get; init; }

    public bool? LowerCase { get; init; }

    public string? Pattern { get; init; }

    public int? MaxLength { get; init; }
}

/// <summary>The tree of purposes.</summary>
internal sealed record FeedPurposes
{
    public required IReadOnlyList<FeedPurpose> Purposes { get; init; }
}

/// <summary>One purpose of the tree.</summary>
internal sealed record FeedPurpose
{
    public required string Purpose { get; init; }
}

/// <summary>The end of a full transfer.</summary>
internal sealed record FeedTransferred
{
    public string? Prev { get; init; }

    public required long Entries { get; init; }
}

/// <summary>Every stop that was answered before <see cref="AsOf"/> has been sent.</summary>
internal sealed record FeedHeartbeat
{
    public string? Prev { get; init; }

    public required DateTimeOffset AsOf { get; init; }
}

/// <summary>Why the service closes.</summary>
internal sealed record FeedEnd
{
    public required string Reason { get; init; }
}

/// <summary>The feed's JSON. Unknown members are passed over, so that the feed can grow; nothing is read twice or guessed.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = ContractLimits.MaxJsonDepth,
    Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(FeedHello))]
[JsonSerializable(typeof(FeedPurposes))]
[JsonSerializable(typeof(FeedTransferred))]
[JsonSerializable(typeof(FeedHeartbeat))]
[JsonSerializable(typeof(FeedEnd))]
internal sealed partial class FeedJson : JsonSerializerContext;
