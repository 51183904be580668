using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace OptOut.Service.Platform.Http;

/// <summary>
/// Bytes to value, strictly. A good body costs one deserialisation and three vectorised scans; only a bad one is walked
/// again, to say exactly where and why.
/// </summary>
internal static class JsonBody
{
    public static Body<T> Parse<T>(ReadOnlyMemory<byte> raw, JsonTypeInfo<T> type)
        where T : class
    {
        if (raw.IsEmpty) return Body<T>.Refused(ProblemKinds.InvalidJson.With("The body is empty."), raw);
        return Utf8.IsValid(raw.Span)
            ? ParseValid(raw, type)
            : Body<T>.Refused(ProblemKinds.InvalidEncoding.With(), raw);
    }

    /// <summary>The same for bytes already known to be UTF-8.</summary>
    internal static Body<T> ParseValid<T>(ReadOnlyMemory<byte> raw, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            var value = JsonSerializer.Deserialize(raw.Span, type);
            if (value is not null && !NeedsWalk(raw.Span)) return Body<T>.Read(value, raw);
            var found = JsonFaults.Find(raw, type);
            if (value is not null && found is null) return Body<T>.Read(value, raw);
            return Body<T>.Refused(found ?? ProblemKinds.WrongType.At("", "wrong_type", "An object is expected."), raw);
        }
        catch (JsonException)
        {
            // The serialiser's own message may quote the body, so the fault is found again without it.
            return Body<T>.Refused(JsonFaults.Find(raw, type) ?? ProblemKinds.InvalidJson.With(), raw);
        }
    }

    // The serialiser accepts two things that must not pass: U+0000 in a string, and null as an element of a list.
    private static bool NeedsWalk(ReadOnlySpan<byte> raw) => raw.IndexOf("\\u0000"u8) >= 0 || HasNullElement(raw);

    private static bool HasNullElement(ReadOnlySpan<byte> raw)
    {
        for (var rest = raw; rest.IndexOf("null"u8) is >= 0 and var at; rest = rest[(at + 4)..])
        {
            var before = rest[..at].TrimEnd(" \t\r\n"u8);
            if (before.IsEmpty || before[^1] is (byte)'[' or (byte)',') return true;
        }

        return false;
    }
}
