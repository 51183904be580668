using System.Collections.Frozen;
using System.Security.Cryptography;

namespace OptOut.Service.Platform.Keys;

/// <summary>
/// The master keys of this service, read once from a file outside the database. The newest live key makes every new
/// hash and wrap; all others, live or retired, stay for matching and opening for ever.
/// A new key is first rolled out as retired, so that every replica can match it, and made live in a second step.
/// </summary>
internal sealed class KeyRing
{
    public const int KeyBytes = 32;
    public const int HashBytes = 32;

    private static readonly int Uses = Enum.GetValues<KeyUse>().Length;

    private readonly FrozenDictionary<string, byte[][]> _derived;

    private KeyRing(IReadOnlyList<MasterKey> newestFirst, IReadOnlyList<string> warnings)
    {
        Ids = [.. newestFirst.Select(key => key.Id)];
        CurrentId = Ids[0];
        Warnings = warnings;
        _derived = newestFirst.ToFrozenDictionary(key => key.Id, Derive, StringComparer.Ordinal);
    }

    /// <summary>The newest live key: what new hashes and wraps are made under.</summary>
    public string CurrentId { get; }

    /// <summary>Every key whose hashes may exist: the current one, then live before retired, newest first.</summary>
    public IReadOnlyList<string> Ids { get; }

    /// <summary>What is unwise about the file but does not stop the start. For the log; holds no path.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <exception cref="KeyRingException">With every fault of the file.</exception>
    public static KeyRing Load(string file)
    {
        var keys = KeyRingFile.Read(file, out var warnings);
        try
        {
            return new KeyRing(keys, warnings);
        }
        finally
        {
            foreach (var key in keys) CryptographicOperations.ZeroMemory(key.Secret);
        }
    }

    /// <summary>Makes a file with one new live key, readable by its owner only. Never replaces a file.</summary>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public static void CreateFile(string file, TimeProvider clock) => KeyRingFile.Create(file, clock);

    public bool Knows(string keyId) => _derived.ContainsKey(keyId);

    /// <summary>HMAC-SHA256 under the derived key. Thread-safe, without allocation.</summary>
    /// <exception cref="KeyUnknownException">The ring does not hold the key.</exception>
    public void Hmac(KeyUse use, string keyId, ReadOnlySpan<byte> data, Span<byte> destination32) =>
        HMACSHA256.HashData(Key(use, keyId), data, destination32);

    /// <summary>The derived key itself, for the ciphers of this folder.</summary>
    internal ReadOnlySpan<byte> Key(KeyUse use, string keyId) =>
        _derived.TryGetValue(keyId, out var keys) ? keys[(int)use] : throw new KeyUnknownException(keyId);

    private static byte[][] Derive(MasterKey key)
    {
        var derived = new byte[Uses][];
        foreach (var use in Enum.GetValues<KeyUse>())
        {
            derived[(int)use] = new byte[KeyBytes];
            HKDF.DeriveKey(HashAlgorithmName.SHA256, key.Secret, derived[(int)use], salt: [], Label(use));
        }

        return derived;
    }

    // The labels are part of the stored format: changing one orphans everything made under it.
    private static ReadOnlySpan<byte> Label(KeyUse use) => use switch
    {
        KeyUse.Lookup => "optout.lookup/1"u8,
        KeyUse.Feed => "optout.feed/1"u8,
        KeyUse.Wrap => "optout.wrap/1"u8,
        KeyUse.Link => "optout.link/1"u8,
        KeyUse.LinkSeal => "optout.link-seal/1"u8,
        KeyUse.Cursor => "optout.cursor/1"u8,
        KeyUse.Secret => "optout.secret/1"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(use)),
    };
}
