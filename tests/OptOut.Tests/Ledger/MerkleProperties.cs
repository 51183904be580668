using FsCheck;
using FsCheck.Fluent;
using OptOut.Ledger;
using OptOut.Ledger.Proofs;
using OptOut.Ledger.Tree;

namespace OptOut.Tests.Ledger;

/// <summary>Random trees, sizes and changes, up to a few hundred leaves.</summary>
public sealed class MerkleProperties
{
    private const int Largest = 600;
    private const int Runs = 400;

    private static readonly NaiveTree Naive = NaiveTree.Of(Largest);
    private static readonly Dictionary<NodeAddress, byte[]> Nodes = [];
    private static readonly byte[][] Roots = Grow();

    // Two sizes in order, and three free numbers that choose a leaf, a byte and what is done to it.
    private static readonly Arbitrary<int[]> Cases =
        Gen.ArrayOf(Gen.Choose(0, 1_000_000), 5).Select(Order).ToArbitrary();

    [Fact]
    public void Any_leaf_of_any_tree_verifies() => Hold(numbers =>
    {
        var (size, index) = (numbers[1], numbers[2] % numbers[1]);
        return InclusionProof.Build(index, size, Node).Verify(LeafHash(index), Roots[size]);
    });

    [Fact]
    public void Any_two_sizes_verify() => Hold(numbers =>
        ConsistencyProof.Build(numbers[0], numbers[1], Node).Verify(Roots[numbers[0]], Roots[numbers[1]]));

    [Fact]
    public void No_inclusion_proof_survives_the_change_of_a_byte() => Hold(numbers =>
    {
        var (size, index) = (numbers[1], numbers[2] % numbers[1]);
        var good = InclusionProof.Build(index, size, Node);
        byte[][] parts = [LeafHash(index), Roots[size], .. good.Hashes];
        var bad = Change(parts, numbers);
        return !(good with { Hashes = bad[2..] }).Verify(bad[0], bad[1]);
    });

    [Fact]
    public void No_consistency_proof_survives_the_change_of_a_byte() => Hold(numbers =>
    {
        var good = ConsistencyProof.Build(numbers[0], numbers[1], Node);
        byte[][] parts = [Roots[numbers[0]], Roots[numbers[1]], .. good.Hashes];
        var bad = Change(parts, numbers);
        return !(good with { Hashes = bad[2..] }).Verify(bad[0], bad[1]);
    });

    [Fact]
    public void No_proof_verifies_for_another_place_or_with_a_hash_more_or_less() => Hold(numbers =>
    {
        var (size, index) = (numbers[1], numbers[2] % numbers[1]);
        var (leaf, root) = (LeafHash(index), Roots[size]);
        var good = InclusionProof.Build(index, size, Node);
        var other = numbers[3] % Largest;
        return (other == index || !(good with { Index = other }).Verify(leaf, root))
            && !(good with { Index = index + size }).Verify(leaf, root)
            && !(good with { Hashes = [.. good.Hashes, new byte[32]] }).Verify(leaf, root)
            && !(good with { Hashes = [.. good.Hashes, root] }).Verify(leaf, root)
            && (size == 1 || !(good with { Hashes = [.. good.Hashes.Skip(1)] }).Verify(leaf, root));
    });

    [Fact]
    public void No_history_is_proven_that_changed_an_old_leaf() => Hold(numbers =>
    {
        var (from, to) = (numbers[0], numbers[1]);
        var forked = new CompactRange();
        for (var i = 0; i < from; i++)
            forked.Append(i == numbers[2] % from ? MerkleTree.HashLeaf("forged"u8) : LeafHash(i));
        return !ConsistencyProof.Build(from, to, Node).Verify(forked.Root(), Roots[to]);
    });

    private static void Hold(Func<int[], bool> claim) => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(Runs).WithQuietOnSuccess(true), Prop.ForAll(Cases, claim));

    private static int[] Order(int[] numbers)
    {
        var (a, b) = (1 + numbers[0] % Largest, 1 + numbers[1] % Largest);
        return [Math.Min(a, b), Math.Max(a, b), .. numbers[2..]];
    }

    private static byte[][] Change(byte[][] parts, int[] numbers)
    {
        byte[][] changed = [.. parts.Select(part => (byte[])part.Clone())];
        var hash = changed[numbers[3] % changed.Length];
        hash[numbers[4] % hash.Length] ^= (byte)(1 + numbers[2] % 255);
        return changed;
    }

    private static byte[][] Grow()
    {
        var range = new CompactRange();
        var roots = new List<byte[]> { range.Root() };
        for (var i = 0; i < Largest; i++)
        {
            range.Append(LeafHash(i), (node, hash) => Nodes.Add(node, hash));
            roots.Add(range.Root());
        }

        return [.. roots];
    }

    private static byte[] LeafHash(int index) => MerkleTree.HashLeaf(Naive.Leaf(index));

    private static byte[] Node(NodeAddress node) => Nodes[node];
}
