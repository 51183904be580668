using System.Numerics;

namespace OptOut.Ledger.Tree;

/// <summary>
/// The leaves from <paramref name="Start"/> to before <paramref name="End"/> that a node of an RFC 9162 tree covers.
/// Such a range falls into complete subtrees of falling size; its hash folds them from the right.
/// </summary>
internal readonly record struct LeafRange(long Start, long End)
{
    internal long Length => End - Start;

    /// <summary>Where the range splits: after the largest power of two of leaves strictly below its length.</summary>
    internal long Split => Start + (1L << BitOperations.Log2((ulong)(Length - 1)));

    internal IEnumerable<NodeAddress> Nodes()
    {
        var start = Start;
        while (start < End)
        {
            var level = BitOperations.Log2((ulong)(End - start));
            yield return new NodeAddress(level, start >> level);
            start += 1L << level;
        }
    }

    internal byte[] Hash(NodeReader reader) => Fold([.. Nodes().Select(node => reader(node))]);

    /// <summary>Joins the hashes of complete subtrees, given from left to right; at least one.</summary>
    internal static byte[] Fold(IReadOnlyList<byte[]> hashes)
    {
        var hash = hashes[^1];
        for (var i = hashes.Count - 2; i >= 0; i--)
            hash = MerkleTree.HashNode(hashes[i], hash);
        return hash;
    }
}
