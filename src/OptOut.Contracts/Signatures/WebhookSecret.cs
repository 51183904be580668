using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace OptOut.Contracts;

/// <summary>
/// A secret that signs between the service and one system: <c>whsec_</c> + base64 of 24 to 64 random bytes. The key is
/// the decoded bytes. Never printed by accident: only <see cref="Reveal"/> gives the text.
/// </summary>
public sealed class WebhookSecret
{
    /// <summary>How the text starts.</summary>
    public const string Prefix = "whsec_";

    /// <summary>The fewest bytes of a key.</summary>
    public const int MinKeyBytes = 24;

    /// <summary>The most bytes of a key.</summary>
    public const int MaxKeyBytes = 64;

    // What a new secret gets: the output size of SHA-256.
    private const int NewKeyBytes = 32;

    private readonly byte[] _key;

    // Setting one up costs as much as hashing an event, so one is kept. It is whole again after each result.
    private IncrementalHash? _idle;

    private WebhookSecret(byte[] key) => _key = key;

    /// <summary>The key of the HMAC.</summary>
    public ReadOnlySpan<byte> Key => _key;

    /// <summary>An HMAC-SHA256 under this key, empty and the caller's own until it is given back after a result.</summary>
    internal IncrementalHash RentHash() =>
        Interlocked.Exchange(ref _idle, null) ?? IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);

    internal void ReturnHash(IncrementalHash hash) => Interlocked.Exchange(ref _idle, hash)?.Dispose();

    /// <summary>Reads a secret.</summary>
    /// <returns>False if the prefix, the base64 or the length is wrong.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out WebhookSecret? secret)
    {
        secret = null;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        Span<byte> key = stackalloc byte[MaxKeyBytes];
        if (!Convert.TryFromBase64Chars(text.AsSpan(Prefix.Length), key, out var length)) return false;
        if (length < MinKeyBytes) return false;
        secret = new WebhookSecret(key[..length].ToArray());
        return true;
    }

    /// <summary>Reads a secret that must be one.</summary>
    /// <exception cref="FormatException">It is none; the message does not repeat it.</exception>
    public static WebhookSecret Parse(string text) =>
        TryParse(text, out var secret)
            ? secret
            : throw new FormatException($"A secret is {Prefix} and base64 of {MinKeyBytes} to {MaxKeyBytes} bytes.");

    /// <summary>Takes key bytes that are already at hand.</summary>
    /// <exception cref="ArgumentException">The length is out of bounds.</exception>
    public static WebhookSecret FromKey(ReadOnlySpan<byte> key) =>
        key.Length is >= MinKeyBytes and <= MaxKeyBytes
            ? new WebhookSecret(key.ToArray())
            : throw new ArgumentException($"A key has {MinKeyBytes} to {MaxKeyBytes} bytes.", nameof(key));

    /// <summary>Makes a new random secret.</summary>
    public static WebhookSecret Generate() => new(RandomNumberGenerator.GetBytes(NewKeyBytes));

    /// <summary>The text that the other side is given. Show it once, log it never.</summary>
    public string Reveal() => Prefix + Convert.ToBase64String(_key);

    /// <summary>A placeholder.</summary>
    public override string ToString() => Prefix + "…";
}
