using System.Numerics;

namespace OptOut.Ledger.Tree;

/// <summary>
/// The right edge of a growing tree: its size and the hashes of the complete subtrees that make it up, from left to
/// right, one for each bit set in the size. It is all that is needed to append a leaf or to compute the root, and it
/// has at most 63 hashes. Not safe for use by several threads at once.
/// </summary>
public sealed class CompactRange
{
    private readonly List<byte[]> _edge = [];

    /// <summary>An empty tree.</summary>
    public CompactRange()
    {
    }

    /// <summary>Takes up a tree where it was left.</summary>
    /// <param name="size">Number of leaves.</param>
    /// <param name="edge">What <see cref="Edge"/> gave at that size.</param>
    /// <exception cref="ArgumentException">Size and edge do not fit each other.</exception>
    public CompactRange(long size, IReadOnlyList<byte[]> edge)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentNullException.ThrowIfNull(edge);
        if (edge.Count != BitOperations.PopCount((ulong)size) || edge.Any(hash => hash.Length != MerkleTree.HashBytes))
            throw new ArgumentException("An edge has one 32-byte hash for each bit set in the size.", nameof(edge));

        Size = size;
        _edge.AddRange(edge);
    }

    /// <summary>Number of leaves.</summary>
    public long Size { get; private set; }

    /// <summary>The hashes of the complete subtrees, from left to right. Store them beside the size.</summary>
    public IReadOnlyList<byte[]> Edge => _edge;

    /// <summary>Appends the hash of one leaf.</summary>
    /// <param name="leafHash">What <see cref="MerkleTree.HashLeaf"/> gave.</param>
    /// <param name="completed">
    /// Told of each subtree that this leaf completes, from the leaf upwards: what is to go into tiles.
    /// </param>
    public void Append(byte[] leafHash, Action<NodeAddress, byte[]>? completed = null)
    {
        ArgumentNullException.ThrowIfNull(leafHash);
        if (leafHash.Length != MerkleTree.HashBytes)
            throw new ArgumentException("A hash has 32 bytes.", nameof(leafHash));

        var index = Size;
        var hash = leafHash;
        completed?.Invoke(new NodeAddress(0, index), hash);
        for (var level = 1; (index & 1) == 1; level++)
        {
            hash = MerkleTree.HashNode(_edge[^1], hash);
            _edge.RemoveAt(_edge.Count - 1);
            index >>= 1;
            completed?.Invoke(new NodeAddress(level, index), hash);
        }

        _edge.Add(hash);
        Size = checked(Size + 1);
    }

    /// <summary>The root of the tree as it is now.</summary>
    public byte[] Root() => Size == 0 ? MerkleTree.EmptyRoot() : LeafRange.Fold(_edge);
}
