using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using OptOut.Contracts.Json;

namespace OptOut.Contracts;

/// <summary>
/// The service writes tens of thousands of events a second, so the members are written by hand. A test holds this
/// writer and the serialiser to the same document.
/// </summary>
internal static class EventWriter
{
    internal const int UsualBytes = 1_536;

    internal static readonly JsonWriterOptions Options = new()
    {
        // The body is never part of a page: base64 and phone numbers may keep their plus signs.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    internal static void Write(Utf8JsonWriter writer, OptOutEvent value)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, value.Id);
        writer.WriteString("source"u8, value.Source);
        writer.WriteString("specversion"u8, value.SpecVersion);
        writer.WriteString("type"u8, value.Type);
        Optional(writer, "subject"u8, value.Subject);
        if (value.Time is { } time) Timestamp(writer, "time"u8, time);
        Optional(writer, "datacontenttype"u8, value.DataContentType);
        Optional(writer, "dataschema"u8, value.DataSchema);
        Optional(writer, "sequence"u8, value.Sequence);
        Optional(writer, "partitionkey"u8, value.PartitionKey);
        Optional(writer, "traceparent"u8, value.TraceParent);
        writer.WritePropertyName("data"u8);
        Write(writer, value.Data);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, OptOutEventData data)
    {
        writer.WriteStartObject();
        writer.WriteString("deliveryId"u8, data.DeliveryId);
        writer.WriteString("optOutId"u8, data.OptOutId);
        writer.WriteNumber("version"u8, data.Version);
        writer.WriteString("recordHash"u8, data.RecordHash);
        writer.WriteString("state"u8, WireNames.Of(data.State));
        writer.WriteString("subjectId"u8, data.SubjectId);
        writer.WriteStartObject("scope"u8);
        writer.WriteString("purpose"u8, data.Scope.Purpose);
        writer.WriteString("channel"u8, data.Scope.Channel);
        writer.WriteEndObject();
        writer.WriteStartArray("identifiers"u8);
        foreach (var identifier in data.Identifiers) Write(writer, identifier);
        writer.WriteEndArray();
        Timestamp(writer, "recordedAt"u8, data.RecordedAt);
        Timestamp(writer, "effectiveFrom"u8, data.EffectiveFrom);
        Timestamp(writer, "applyBy"u8, data.ApplyBy);
        writer.WriteBoolean("synthetic"u8, data.Synthetic);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, EventIdentifier identifier)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, identifier.Type);
        writer.WriteString("form"u8, WireNames.Of(identifier.Form));
        writer.WriteString("value"u8, identifier.Value);
        Optional(writer, "kid"u8, identifier.Kid);
        writer.WriteEndObject();
    }

    private static void Optional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null) writer.WriteString(name, value);
    }

    private static void Timestamp(Utf8JsonWriter writer, ReadOnlySpan<byte> name, DateTimeOffset value)
    {
        Span<char> text = stackalloc char[24];
        value.UtcDateTime.TryFormat(text, out var length, TimestampConverter.Format, CultureInfo.InvariantCulture);
        writer.WriteString(name, text[..length]);
    }
}
