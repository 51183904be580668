using System.Security.Cryptography;

namespace OptOut.Ledger;

/// <summary>
/// The commitment that stands in a leaf for the private part of an act:
/// SHA-256("optout.commit/1" ‖ 0x00 ‖ nonce ‖ payload). The nonce hides the payload from anyone who guesses it;
/// destroying nonce and payload leaves the ledger verifiable and the person forgotten.
/// </summary>
public static class Commitment
{
    /// <summary>Length of a nonce, in bytes. Each is fresh and random.</summary>
    public const int NonceBytes = 32;

    /// <summary>Length of a commitment, in bytes.</summary>
    public const int Bytes = SHA256.HashSizeInBytes;

    // Payloads up to this size are hashed in one call from the stack.
    private const int StackBytes = 1024;

    private static ReadOnlySpan<byte> Domain => "optout.commit/1\0"u8;

    /// <summary>Computes the 32-byte commitment.</summary>
    /// <exception cref="ArgumentException">The nonce is not <see cref="NonceBytes"/> long.</exception>
    public static byte[] Compute(ReadOnlySpan<byte> nonce32, ReadOnlySpan<byte> payload)
    {
        var commitment = new byte[Bytes];
        Compute(nonce32, payload, commitment);
        return commitment;
    }

    /// <summary>Computes the commitment into <paramref name="destination"/>, which is 32 bytes long.</summary>
    /// <exception cref="ArgumentException">The nonce or the destination has another length.</exception>
    public static void Compute(ReadOnlySpan<byte> nonce32, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        if (nonce32.Length != NonceBytes)
            throw new ArgumentException("A nonce has 32 bytes.", nameof(nonce32));
        if (destination.Length != Bytes)
            throw new ArgumentException("A commitment has 32 bytes.", nameof(destination));

        var length = Domain.Length + NonceBytes + payload.Length;
        if (length <= StackBytes)
        {
            Span<byte> input = stackalloc byte[length];
            Domain.CopyTo(input);
            nonce32.CopyTo(input[Domain.Length..]);
            payload.CopyTo(input[(Domain.Length + NonceBytes)..]);
            SHA256.HashData(input, destination);
            return;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Domain);
        hash.AppendData(nonce32);
        hash.AppendData(payload);
        hash.GetHashAndReset(destination);
    }

    /// <summary>Whether nonce and payload open <paramref name="commitment"/>.</summary>
    public static bool Opens(ReadOnlySpan<byte> commitment, ReadOnlySpan<byte> nonce32, ReadOnlySpan<byte> payload)
    {
        if (nonce32.Length != NonceBytes)
            return false;

        Span<byte> computed = stackalloc byte[Bytes];
        Compute(nonce32, payload, computed);
        return CryptographicOperations.FixedTimeEquals(computed, commitment);
    }
}
