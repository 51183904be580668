using System.Security.Cryptography;
using System.Text;

namespace OptOut.Service.Platform.Keys;

/// <summary>A subject's key, encrypted under a master key of the ring.</summary>
internal readonly record struct WrappedKey(string KeyId, byte[] Bytes);

/// <summary>
/// Wraps the keys of subjects. Each subject has a wrapping key of its own, derived from the ring, so that the number of
/// subjects never comes near what random nonces bear under one key. Subject and key id are bound to the result.
/// </summary>
internal sealed class SubjectKeyWrap(KeyRing ring)
{
    private const int SubjectBytes = 16;
    private const int BoundMax = 64;

    public WrappedKey Wrap(Guid subjectId, SubjectKey key)
    {
        Span<byte> wrappingKey = stackalloc byte[KeyRing.KeyBytes];
        Span<byte> bound = stackalloc byte[BoundMax];
        bound = Bind(subjectId, ring.CurrentId, bound);
        ring.Hmac(KeyUse.Wrap, ring.CurrentId, bound, wrappingKey);
        var wrapped = new byte[KeyRing.KeyBytes + AeadBox.Overhead];
        AeadBox.Seal(wrappingKey, key.Bytes, bound, wrapped);
        CryptographicOperations.ZeroMemory(wrappingKey);
        return new WrappedKey(ring.CurrentId, wrapped);
    }

    /// <exception cref="KeyUnknownException">The ring does not hold the master key.</exception>
    /// <exception cref="CryptographicException">Changed, or wrapped for another subject.</exception>
    public SubjectKey Unwrap(Guid subjectId, string keyId, ReadOnlySpan<byte> wrapped)
    {
        if (!ring.Knows(keyId)) throw new KeyUnknownException(keyId);
        Span<byte> wrappingKey = stackalloc byte[KeyRing.KeyBytes];
        Span<byte> bound = stackalloc byte[BoundMax];
        bound = Bind(subjectId, keyId, bound);
        ring.Hmac(KeyUse.Wrap, keyId, bound, wrappingKey);
        try
        {
            return SubjectKey.Own(AeadBox.Open(wrappingKey, wrapped, bound));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(wrappingKey);
        }
    }

    private static Span<byte> Bind(Guid subjectId, string keyId, Span<byte> bound)
    {
        subjectId.TryWriteBytes(bound, bigEndian: true, out _);
        return bound[..(SubjectBytes + Encoding.ASCII.GetBytes(keyId, bound[SubjectBytes..]))];
    }
}
