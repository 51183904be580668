using System.Text.Json.Serialization;

namespace OptOut.Contracts;

/// <summary>One thing that a system did because of a version.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AcknowledgementAction
{
    /// <summary>What was acted on, in the system's own words, for example <c>contacts</c>. No personal data.</summary>
    public required string Asset { get; init; }

    /// <summary>What was done.</summary>
    public required AppliedAction Action { get; init; }

    /// <summary>How many of them. 0 or more.</summary>
    public int Count { get; init; }

    /// <summary>How, in the system's own words, for example <c>flag</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Method { get; init; }
}
