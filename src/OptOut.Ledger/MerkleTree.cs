using System.Security.Cryptography;

namespace OptOut.Ledger;

/// <summary>
/// The hashes of an RFC 9162 section 2.1 Merkle tree over SHA-256. Leaves and inner nodes are hashed under different
/// prefixes, so that neither can be passed off as the other.
/// </summary>
public static class MerkleTree
{
    /// <summary>Length of every hash, in bytes.</summary>
    public const int HashBytes = SHA256.HashSizeInBytes;

    private const byte LeafPrefix = 0x00;
    private const byte NodePrefix = 0x01;

    // Leaves up to this size, and their prefix, are hashed in one call from the stack.
    private const int StackBytes = 1024;

    /// <summary>The root of the tree without leaves, SHA-256 of nothing, as a fresh array.</summary>
    public static byte[] EmptyRoot() => SHA256.HashData([]);

    /// <summary>SHA-256(0x00 ‖ leaf).</summary>
    public static byte[] HashLeaf(ReadOnlySpan<byte> leaf)
    {
        if (leaf.Length >= StackBytes)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData([LeafPrefix]);
            hash.AppendData(leaf);
            return hash.GetHashAndReset();
        }

        Span<byte> input = stackalloc byte[leaf.Length + 1];
        input[0] = LeafPrefix;
        leaf.CopyTo(input[1..]);
        return SHA256.HashData(input);
    }

    /// <summary>SHA-256(0x01 ‖ left ‖ right).</summary>
    /// <exception cref="ArgumentException">One of them is not 32 bytes long.</exception>
    public static byte[] HashNode(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (left.Length != HashBytes || right.Length != HashBytes)
            throw new ArgumentException("A hash has 32 bytes.");

        Span<byte> input = stackalloc byte[1 + HashBytes + HashBytes];
        input[0] = NodePrefix;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + HashBytes)..]);
        return SHA256.HashData(input);
    }
}
