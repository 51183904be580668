using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace OptOut.Service.Platform.Keys;

/// <summary>
/// Keyed hashes of normalised identifiers: HMAC-SHA256 over type ‖ 0x00 ‖ value in UTF-8. A type name holds no zero
/// byte, so no two pairs share an input.
/// </summary>
internal sealed class IdentifierHasher(KeyRing ring)
{
    private const int StackBytes = 512;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The hash that is stored for a new identifier.</summary>
    public KeyedHash Current(KeyUse use, string type, string normalisedValue) =>
        Hash(use, type, normalisedValue, currentOnly: true)[0];

    /// <summary>The hash under every key of the ring, current first: what a look-up must compare with.</summary>
    public IReadOnlyList<KeyedHash> ForMatching(KeyUse use, string type, string normalisedValue) =>
        Hash(use, type, normalisedValue, currentOnly: false);

    private KeyedHash[] Hash(KeyUse use, string type, string value, bool currentOnly)
    {
        if (use is not (KeyUse.Lookup or KeyUse.Feed)) throw new ArgumentOutOfRangeException(nameof(use));
        var bound = Utf8.GetMaxByteCount(type.Length) + 1 + Utf8.GetMaxByteCount(value.Length);
        var rented = bound > StackBytes ? ArrayPool<byte>.Shared.Rent(bound) : null;
        var input = rented is null ? stackalloc byte[StackBytes] : rented;
        var length = 0;
        try
        {
            length = Utf8.GetBytes(type, input);
            input[length++] = 0;
            length += Utf8.GetBytes(value, input[length..]);

            var hashes = new KeyedHash[currentOnly ? 1 : ring.Ids.Count];
            for (var i = 0; i < hashes.Length; i++)
            {
                hashes[i] = new KeyedHash(ring.Ids[i], new byte[KeyRing.HashBytes]);
                ring.Hmac(use, ring.Ids[i], input[..length], hashes[i].Value);
            }

            return hashes;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(input[..length]);
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
