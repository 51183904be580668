using System.Buffers;
using System.Globalization;

namespace OptOut.Ledger;

/// <summary>
/// One entry of the ledger: what happened to which record, by which service or role, when, and the commitment to the
/// private rest. It holds no personal data, and its alphabet leaves no room for an address or free text.
/// The encoded bytes are what is hashed, stored and served; nobody encodes them a second time.
/// </summary>
public sealed class LedgerLeaf
{
    /// <summary>The value of the member <c>type</c>, the same in every leaf.</summary>
    public const string TypeName = "optout.ledger/1";

    /// <summary>The longest leaf, in bytes: an entry bundle gives its length two bytes.</summary>
    public const int MaxBytes = 65_535;

    /// <summary>The longest kind, actor, system or outcome, in characters.</summary>
    public const int MaxTokenLength = 128;

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._:-");

    /// <summary>What happened, such as <c>recorded</c> or <c>acknowledged</c>.</summary>
    /// <exception cref="ArgumentException">Not 1 to 128 of <c>a-z 0-9 . _ : -</c>; so for every token here.</exception>
    public required string Kind { get; init => field = Token(value); }

    /// <summary>The record that it happened to.</summary>
    public required Guid Record { get; init; }

    /// <summary>The record's version, from 0 on; 0 where the record has none.</summary>
    public required long Version
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentException("A version is not negative.", nameof(value));
    }

    /// <summary>The service or role that acted, such as <c>svc:api</c>; never a person.</summary>
    public required string Actor { get; init => field = Token(value); }

    /// <summary>When, in UTC; what is finer than a millisecond is cut off.</summary>
    public required DateTimeOffset At { get; init => field = ToMillisecond(value); }

    /// <summary>The 32 bytes of <see cref="Commitment.Compute(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>.</summary>
    public required ReadOnlyMemory<byte> CommitmentHash
    {
        get;
        init => field = value.Length == Commitment.Bytes
            ? value
            : throw new ArgumentException("A commitment has 32 bytes.", nameof(value));
    }

    /// <summary>The downstream system concerned, if any.</summary>
    public string? System { get; init => field = value is null ? null : Token(value); }

    /// <summary>The outcome's code, if there is one.</summary>
    public string? Outcome { get; init => field = value is null ? null : Token(value); }

    /// <summary>Encodes the leaf as canonical JSON.</summary>
    public byte[] ToBytes()
    {
        var members = new CanonicalObject
        {
            { "actor", Actor },
            { "at", At.ToString(LedgerLeafReader.TimeFormat, CultureInfo.InvariantCulture) },
            { "c", Convert.ToBase64String(CommitmentHash.Span) },
            { "kind", Kind },
            { "record", Record.ToString("D") },
            { "type", TypeName },
            { "version", Version.ToString(CultureInfo.InvariantCulture) },
        };
        members.AddIfPresent("outcome", Outcome);
        members.AddIfPresent("system", System);
        return CanonicalJson.ToBytes(members);
    }

    /// <summary>Reads a leaf, and refuses every encoding but the one that <see cref="ToBytes"/> writes.</summary>
    /// <exception cref="FormatException">The bytes are no leaf, or no canonical one.</exception>
    public static LedgerLeaf Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            throw new FormatException("The leaf is too long.");

        var leaf = LedgerLeafReader.Read(bytes);
        return bytes.SequenceEqual(leaf.ToBytes()) ? leaf : throw new FormatException("The leaf is not canonical.");
    }

    private static string Token(string value) =>
        value.Length is > 0 and <= MaxTokenLength && !value.AsSpan().ContainsAnyExcept(TokenCharacters)
            ? value
            : throw new ArgumentException("A token is 1 to 128 of a-z 0-9 . _ : -", nameof(value));

    private static DateTimeOffset ToMillisecond(DateTimeOffset value) =>
        new(value.UtcTicks - value.UtcTicks % TimeSpan.TicksPerMillisecond, TimeSpan.Zero);
}
