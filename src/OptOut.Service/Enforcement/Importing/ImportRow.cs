using System.Buffers.Binary;
using System.Text.Json.Serialization;

namespace OptOut.Service.Enforcement.Importing;

/// <summary>What came of a row. The numbers are stored, so they never change.</summary>
internal enum RowStatus : byte
{
    Created = 1,
    Repeated = 2,
    WouldCreate = 3,
    WouldRepeat = 4,
    RowUnreadable = 10,
    RowTooLong = 11,
    ColumnUnknown = 12,
    NotAStop = 13,
    IdentifierUnreadable = 14,
    PurposeUnknown = 15,
    ChannelUnknown = 16,
    OccurredAtUnreadable = 17,
    ReasonMalformed = 18,
}

/// <summary>
/// One row of a file, as its format names it; the rules of recording are applied when it is worked. Its text lives sealed
/// until then.
/// </summary>
/// <param name="Fault">Set where the row cannot be read at all.</param>
internal sealed record ImportRow(
    [property: JsonPropertyName("t")] string? Type,
    [property: JsonPropertyName("v")] string? Value,
    [property: JsonPropertyName("p")] string? Purpose = null,
    [property: JsonPropertyName("c")] string? Channel = null,
    [property: JsonPropertyName("o")] string? OccurredAt = null,
    [property: JsonPropertyName("r")] string? Reason = null,
    [property: JsonPropertyName("f")] byte Fault = 0)
{
    public static ImportRow Bad(RowStatus fault) => new(null, null, Fault: (byte)fault);

    public override string ToString() => Type ?? "";
}

/// <summary>What came of a row, as it is stored: a status and the opt-out, 17 bytes.</summary>
internal readonly record struct RowResult(RowStatus Status, Guid OptOutId)
{
    public const int Bytes = 17;

    public bool IsRejected => Status >= RowStatus.RowUnreadable;

    public void Write(Span<byte> target)
    {
        target[0] = (byte)Status;
        OptOutId.TryWriteBytes(target[1..], bigEndian: true, out _);
    }

    public static RowResult Read(ReadOnlySpan<byte> source) =>
        new((RowStatus)source[0], new Guid(source.Slice(1, 16), bigEndian: true));

    public static byte[] ToBytes(IReadOnlyList<RowResult> results)
    {
        var bytes = new byte[results.Count * Bytes];
        for (var i = 0; i < results.Count; i++)
            results[i].Write(bytes.AsSpan(i * Bytes));
        return bytes;
    }
}

/// <summary>What holds for every row that does not say otherwise.</summary>
/// <param name="Purpose">The purpose that is stopped.</param>
/// <param name="Channel">The channel that is stopped.</param>
/// <param name="Regime">The law asked under.</param>
internal sealed record ImportSettings(string Format, string? Purpose, string Channel, string? Regime, bool DryRun);
