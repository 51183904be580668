using System.Security.Cryptography;
using OptOut.Ledger.Tree;

namespace OptOut.Ledger.Proofs;

/// <summary>
/// Shows that the tree of <paramref name="To"/> leaves begins with the tree of <paramref name="From"/> leaves: nothing
/// was changed, removed or put in between (RFC 9162 section 2.1.4).
/// </summary>
/// <param name="From">Size of the older tree, at least 1: that a tree continues the empty one proves nothing.</param>
/// <param name="To">Size of the newer tree.</param>
/// <param name="Hashes">32-byte hashes; none where both sizes are equal.</param>
public sealed record ConsistencyProof(long From, long To, IReadOnlyList<byte[]> Hashes)
{
    /// <summary>The longest proof that trees of 63-bit size can have.</summary>
    public const int MaxHashes = 64;

    /// <summary>The nodes that <see cref="Build"/> will ask for, so that a caller can load them in one query.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 ≤ from ≤ to.</exception>
    public static IReadOnlyList<NodeAddress> NodesFor(long from, long to) =>
        [.. Path(from, to).SelectMany(range => range.Nodes())];

    /// <summary>Builds the proof from the hashes of complete subtrees.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1 ≤ from ≤ to.</exception>
    public static ConsistencyProof Build(long from, long to, NodeReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return new ConsistencyProof(from, to, [.. Path(from, to).Select(range => range.Hash(reader))]);
    }

    /// <summary>
    /// Whether the tree with <paramref name="toRoot"/> continues the one with <paramref name="fromRoot"/>. Both roots
    /// are computed again from the proof. Never throws on bad proofs.
    /// </summary>
    public bool Verify(ReadOnlySpan<byte> fromRoot, ReadOnlySpan<byte> toRoot)
    {
        if (From < 1 || From > To)
            return false;
        if (From == To)
            return Hashes.Count == 0 && CryptographicOperations.FixedTimeEquals(fromRoot, toRoot);
        if (Hashes.Count == 0 || fromRoot.Length != MerkleTree.HashBytes)
            return false;
        if (Hashes.Any(hash => hash is not { Length: MerkleTree.HashBytes }))
            return false;

        var node = From - 1;
        var last = To - 1;
        while ((node & 1) == 1)
            (node, last) = (node >> 1, last >> 1);

        // Where the older tree is one complete subtree, its root is the first hash and is left out of the proof.
        var next = node == 0 ? 0 : 1;
        var older = node == 0 ? fromRoot.ToArray() : Hashes[0];
        return Climb(node, last, next, older) is { } roots
            && CryptographicOperations.FixedTimeEquals(roots.Older, fromRoot)
            && CryptographicOperations.FixedTimeEquals(roots.Newer, toRoot);
    }

    // Both roots as the proof gives them, or null where it is too long or too short for the sizes.
    private (byte[] Older, byte[] Newer)? Climb(long node, long last, int next, byte[] start)
    {
        var (older, newer) = (start, start);
        for (; next < Hashes.Count; next++)
        {
            if (last == 0)
                return null;

            if ((node & 1) == 1 || node == last)
            {
                older = MerkleTree.HashNode(Hashes[next], older);
                newer = MerkleTree.HashNode(Hashes[next], newer);
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                newer = MerkleTree.HashNode(newer, Hashes[next]);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 ? (older, newer) : null;
    }

    private static List<LeafRange> Path(long from, long to)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, to);

        var siblings = new List<LeafRange>();
        var range = new LeafRange(0, to);
        while (range.End != from)
        {
            var (left, right) = (range with { End = range.Split }, range with { Start = range.Split });
            siblings.Add(from <= range.Split ? right : left);
            range = from <= range.Split ? left : right;
        }

        // The range that ends where the older tree does; where it is the whole older tree, its root is known.
        if (range.Start > 0)
            siblings.Add(range);
        siblings.Reverse();
        return siblings;
    }
}
