using System.Security.Cryptography;
using OptOut.Ledger.Tree;

namespace OptOut.Ledger.Proofs;

/// <summary>
/// Shows that one leaf stands at <paramref name="Index"/> in the tree of <paramref name="Size"/> leaves
/// (RFC 9162 section 2.1.3).
/// </summary>
/// <param name="Index">The leaf's place, from 0.</param>
/// <param name="Size">The tree's number of leaves.</param>
/// <param name="Hashes">32-byte hashes, from the leaf's sibling up to the child of the root.</param>
public sealed record InclusionProof(long Index, long Size, IReadOnlyList<byte[]> Hashes)
{
    /// <summary>The longest proof that a tree of 63-bit size can have.</summary>
    public const int MaxHashes = 63;

    /// <summary>The nodes that <see cref="Build"/> will ask for, so that a caller can load them in one query.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not in the tree.</exception>
    public static IReadOnlyList<NodeAddress> NodesFor(long index, long size) =>
        [.. Path(index, size).SelectMany(range => range.Nodes())];

    /// <summary>Builds the proof from the hashes of complete subtrees.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is not in the tree.</exception>
    public static InclusionProof Build(long index, long size, NodeReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return new InclusionProof(index, size, [.. Path(index, size).Select(range => range.Hash(reader))]);
    }

    /// <summary>
    /// Whether <paramref name="leafHash"/>, which the caller computed from the leaf itself, is in the tree with this
    /// root. Never throws on bad proofs.
    /// </summary>
    public bool Verify(ReadOnlySpan<byte> leafHash, ReadOnlySpan<byte> root)
    {
        if (Index < 0 || Index >= Size || leafHash.Length != MerkleTree.HashBytes)
            return false;

        var node = Index;
        var last = Size - 1;
        var hash = leafHash.ToArray();
        foreach (var sibling in Hashes)
        {
            // At the root already, and still a hash to come: the proof is too long.
            if (last == 0 || sibling is not { Length: MerkleTree.HashBytes })
                return false;

            if ((node & 1) == 1 || node == last)
            {
                hash = MerkleTree.HashNode(sibling, hash);
                // On the right edge, the levels at which this node has no sibling are passed over.
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                hash = MerkleTree.HashNode(hash, sibling);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && CryptographicOperations.FixedTimeEquals(hash, root);
    }

    private static List<LeafRange> Path(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);

        var siblings = new List<LeafRange>();
        var range = new LeafRange(0, size);
        while (range.Length > 1)
        {
            var (left, right) = (range with { End = range.Split }, range with { Start = range.Split });
            siblings.Add(index < range.Split ? right : left);
            range = index < range.Split ? left : right;
        }

        siblings.Reverse();
        return siblings;
    }
}
