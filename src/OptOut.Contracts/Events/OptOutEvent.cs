using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using OptOut.Contracts.Json;

namespace OptOut.Contracts;

/// <summary>
/// An event as a system receives it: CloudEvents 1.0, JSON, structured mode. <see cref="Source"/> with <see cref="Id"/>
/// is the key by which duplicates are known.
/// </summary>
public sealed record OptOutEvent
{
    /// <summary>The media type over AMQP and HTTP.</summary>
    public const string ContentType = "application/cloudevents+json; charset=utf-8";

    /// <summary>The version of CloudEvents.</summary>
    public const string CurrentSpecVersion = "1.0";

    /// <summary>The delivery's id.</summary>
    public required string Id { get; init; }

    /// <summary>Who tells: a URI reference of the service.</summary>
    public required string Source { get; init; }

    /// <summary><c>1.0</c>.</summary>
    [JsonPropertyName("specversion")]
    public string SpecVersion { get; init; } = CurrentSpecVersion;

    /// <summary>One of <see cref="EventTypes"/>.</summary>
    public required string Type { get; init; }

    /// <summary>The opt-out's id; never an identifier of the person.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Subject { get; init; }

    /// <summary>When the version was recorded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Time { get; init; }

    /// <summary>Media type of <see cref="Data"/>.</summary>
    [JsonPropertyName("datacontenttype")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DataContentType { get; init; } = "application/json";

    /// <summary>URI of the schema of <see cref="Data"/>.</summary>
    [JsonPropertyName("dataschema")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DataSchema { get; init; }

    /// <summary>Orders the events of one opt-out as text: see <see cref="SequenceOf"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sequence { get; init; }

    /// <summary>The subject's id: one subject's events share a partition.</summary>
    [JsonPropertyName("partitionkey")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PartitionKey { get; init; }

    /// <summary>W3C trace context of the request that recorded the version; pass it on with the acknowledgement.</summary>
    [JsonPropertyName("traceparent")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TraceParent { get; init; }

    /// <summary>The version that is told.</summary>
    public required OptOutEventData Data { get; init; }

    /// <summary>The version as ten digits, so that order as text is order as number.</summary>
    public static string SequenceOf(int version) => version.ToString("D10", null);

    /// <summary>
    /// Reads an event. Members that this edition does not know are passed over; everything else that breaks the contract,
    /// or its bounds, is refused.
    /// </summary>
    /// <param name="utf8">The raw body.</param>
    /// <returns>The event, or null if it is not one.</returns>
    public static OptOutEvent? TryParse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > ContractLimits.MaxMessageBytes) return null;
        try
        {
            var read = JsonSerializer.Deserialize(utf8, ContractsJson.Default.OptOutEvent);
            return read is { SpecVersion: CurrentSpecVersion, Data: { Version: > 0 } data }
                && data.Identifiers.Count <= ContractLimits.MaxIdentifiers
                && data.Identifiers.All(one => one is not null) ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the event as UTF-8 JSON without an intermediate text.</summary>
    public void WriteTo(IBufferWriter<byte> buffer)
    {
        using var writer = new Utf8JsonWriter(buffer, EventWriter.Options);
        EventWriter.Write(writer, this);
    }

    /// <summary>The event as UTF-8 JSON.</summary>
    public byte[] ToUtf8Bytes()
    {
        var buffer = new ArrayBufferWriter<byte>(EventWriter.UsualBytes);
        WriteTo(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
