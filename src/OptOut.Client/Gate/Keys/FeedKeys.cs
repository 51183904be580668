using System.Security.Cryptography;
using System.Text;
using OptOut.Client.Gate.Table;

namespace OptOut.Client.Gate.Keys;

/// <summary>
/// The feed keys in use, current and retired: an identifier keeps the hash it got first, so each is tried. Immutable.
/// The hash is HMAC-SHA256 over type ‖ 0x00 ‖ canonical value.
/// </summary>
internal sealed class FeedKeys
{
    /// <summary>More keys than any installation rotates through; each costs every look-up a hash.</summary>
    public const int MaxKeys = 64;

    public const int KeyBytes = 32;
    private const int StackBytes = 512;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly (string Id, byte[] Key)[] _keys;

    public FeedKeys(IEnumerable<(string Id, byte[] Key)> keys) => _keys = [.. keys];

    public IReadOnlyList<(string Id, byte[] Key)> All => _keys;

    public bool Knows(string keyId) => Array.Exists(_keys, key => key.Id == keyId);

    public bool IsSameAs(FeedKeys other) => _keys.Length == other._keys.Length
        && _keys.Zip(other._keys).All(pair =>
            pair.First.Id == pair.Second.Id && pair.First.Key.AsSpan().SequenceEqual(pair.Second.Key));

    /// <summary>The hashes of each form under each key; false where a form is no valid text.</summary>
    public bool TryHash(string type, IReadOnlyList<string> forms, out GateKey key)
    {
        FeedHash first = default;
        var others = _keys.Length * forms.Count == 1 ? null : new FeedHash[_keys.Length * forms.Count - 1];
        var done = 0;
        key = default;
        var bound = 0;
        foreach (var form in forms)
            bound = Math.Max(bound, Utf8.GetMaxByteCount(type.Length) + 1 + Utf8.GetMaxByteCount(form.Length));
        Span<byte> input = bound <= StackBytes ? stackalloc byte[StackBytes] : new byte[bound];
        foreach (var form in forms)
        {
            if (!TryWrite(type, form, input, out var length)) return false;
            foreach (var (_, secret) in _keys)
            {
                var hash = Hash(secret, input[..length]);
                if (done++ == 0) first = hash;
                else others![done - 2] = hash;
            }

            CryptographicOperations.ZeroMemory(input[..length]);
        }

        if (done == 0) return false;
        key = new GateKey(this, first, others);
        return true;
    }

    private static FeedHash Hash(byte[] secret, ReadOnlySpan<byte> input)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, input, hash);
        return FeedHash.From(hash);
    }

    // Canonical values hold no unpaired surrogate; should one, it must not be hashed as a question mark.
    private static bool TryWrite(string type, string form, Span<byte> input, out int length)
    {
        length = 0;
        try
        {
            length = Utf8.GetBytes(type, input);
            input[length++] = 0;
            length += Utf8.GetBytes(form, input[length..]);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
