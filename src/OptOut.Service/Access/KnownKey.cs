using System.Security.Cryptography;

namespace OptOut.Service.Access;

/// <summary>A key as the database last described it, with the times turned into this process's monotonic clock.</summary>
internal sealed class KnownKey
{
    private static readonly byte[] NoHash = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    public required Caller Caller { get; init; }

    public required byte[] SecretHash { get; init; }

    /// <summary>The secret before the last rotation, while the two overlap.</summary>
    public byte[]? PreviousHash { get; init; }

    /// <summary>Timestamp from which the cached description may no longer be used.</summary>
    public required long StaleAt { get; init; }

    /// <summary>Timestamp of the key's own expiry.</summary>
    public long ExpiresAt { get; init; } = long.MaxValue;

    public long PreviousExpiresAt { get; init; } = long.MaxValue;

    /// <summary>
    /// Compares in constant time, both secrets always; a missing key (null) costs the same as a present one.
    /// </summary>
    public static Caller? Verify(KnownKey? key, ReadOnlySpan<byte> secretHash, long now)
    {
        var current = CryptographicOperations.FixedTimeEquals(secretHash, key?.SecretHash ?? NoHash);
        var previous = CryptographicOperations.FixedTimeEquals(secretHash, key?.PreviousHash ?? NoHash);
        if (key is null || now >= key.ExpiresAt) return null;
        return current || previous && key.PreviousHash is not null && now < key.PreviousExpiresAt ? key.Caller : null;
    }
}
