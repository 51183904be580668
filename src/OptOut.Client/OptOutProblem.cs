using System.Text.Json;
using System.Text.Json.Serialization;

namespace OptOut.Client;

/// <summary>The body of every error (RFC 9457), alone or as one item of a batch's answer.</summary>
public sealed record OptOutProblem
{
    /// <summary>A URL at which this sort of problem is explained.</summary>
    public string? Type { get; init; }

    /// <summary>The same words for every problem of this type.</summary>
    public string? Title { get; init; }

    /// <summary>The HTTP status; of the item, inside a batch's answer.</summary>
    public required int Status { get; init; }

    /// <summary>What happened here.</summary>
    public string? Detail { get; init; }

    /// <summary>The path that was asked.</summary>
    public string? Instance { get; init; }

    /// <summary>What programs branch on: stable, snake_case.</summary>
    public required string Code { get; init; }

    /// <summary>The id of this request.</summary>
    public required string RequestId { get; init; }

    /// <summary>The W3C trace id; null where nothing traces.</summary>
    public string? TraceId { get; init; }

    /// <summary>The faults of the body, where the body is at fault.</summary>
    public IReadOnlyList<OptOutFieldError>? Errors { get; init; }

    /// <summary>Further members, for instance what covers a stop.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Members { get; set; }
}

/// <summary>One fault of a body.</summary>
/// <param name="Location">Where, as a JSON Pointer (RFC 6901).</param>
/// <param name="Code">What, for programs.</param>
/// <param name="Detail">What, for people.</param>
public sealed record OptOutFieldError(
    [property: JsonPropertyName("pointer")] string Location, string Code, string Detail);
