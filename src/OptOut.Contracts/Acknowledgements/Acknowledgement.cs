using System.Text.Json;
using System.Text.Json.Serialization;
using OptOut.Contracts.Json;

namespace OptOut.Contracts;

/// <summary>
/// A system's answer to one event. Over AMQP one message is one such object; over HTTP they travel in an
/// <see cref="AcknowledgementBatch"/>. In both cases the raw body is signed as <see cref="StandardWebhooks"/> says.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record Acknowledgement
{
    /// <summary>The event's delivery.</summary>
    public required string DeliveryId { get; init; }

    /// <summary>The event's opt-out.</summary>
    public required string OptOutId { get; init; }

    /// <summary>The event's version.</summary>
    public required int Version { get; init; }

    /// <summary>The event's record hash: shows that the system answers what it was really sent.</summary>
    public required string RecordHash { get; init; }

    /// <summary>What came of it.</summary>
    public required AcknowledgementOutcome Outcome { get; init; }

    /// <summary>When the system acted, by its clock: a claim. Null where it did not act.</summary>
    public DateTimeOffset? AppliedAt { get; init; }

    /// <summary>What was done; empty where nothing was.</summary>
    // Generated readers set absent init-only members to null, past the initialiser.
    public IReadOnlyList<AcknowledgementAction> Actions { get; init => field = value ?? []; } = [];

    /// <summary>Why it was refused or failed, in few words. No personal data.</summary>
    public string? Reason { get; init; }

    /// <summary>Reads one acknowledgement; unknown or doubled members and values beyond the bounds are refused.</summary>
    /// <returns>The acknowledgement, or null if it is not one.</returns>
    public static Acknowledgement? TryParse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > ContractLimits.MaxMessageBytes) return null;
        try
        {
            var read = JsonSerializer.Deserialize(utf8, ContractsJson.Default.Acknowledgement);
            return read is not null && read.IsWithinBounds() ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The acknowledgement as UTF-8 JSON.</summary>
    public byte[] ToUtf8Bytes() => JsonSerializer.SerializeToUtf8Bytes(this, ContractsJson.Default.Acknowledgement);

    /// <summary>Whether counts, lengths and the version keep the bounds of <see cref="ContractLimits"/>.</summary>
    public bool IsWithinBounds() =>
        Version > 0
        && Actions.Count <= ContractLimits.MaxActions
        && (Reason?.Length ?? 0) <= ContractLimits.MaxReasonLength
        && Actions.All(action => action is { Count: >= 0, Asset.Length: > 0 and <= ContractLimits.MaxNameLength }
            && (action.Method?.Length ?? 0) <= ContractLimits.MaxNameLength);
}
