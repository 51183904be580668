using System.Security.Cryptography;
using System.Text;
using OptOut.Ledger;
using OptOut.Ledger.Proofs;
using OptOut.Ledger.Tree;

namespace OptOut.Tests.Ledger;

/// <summary>Trees and proofs against the naive ones, for every size up to <see cref="Largest"/>.</summary>
public sealed class MerkleTreeTests
{
    private const int Largest = 70;

    private static readonly NaiveTree Naive = NaiveTree.Of(Largest);
    private static readonly Dictionary<NodeAddress, byte[]> Nodes = [];
    private static readonly byte[][] Roots = [.. Enumerable.Range(0, Largest + 1).Select(Naive.Root)];

    [Fact]
    public void Roots_and_edges_are_those_of_the_definition()
    {
        var range = new CompactRange();
        Assert.Equal(Naive.Root(0), range.Root());
        Assert.Equal(Naive.Root(0), MerkleTree.EmptyRoot());
        for (var size = 1; size <= Largest; size++)
        {
            range.Append(MerkleTree.HashLeaf(Naive.Leaf(size - 1)), (node, hash) =>
                Assert.Equal(Naive.Node(node.Level, node.Index), hash));
            Assert.Equal(Naive.Root(size), range.Root());
            Assert.Equal(size, range.Size);
            Assert.Equal(range.Root(), new CompactRange(size, range.Edge).Root());
        }
    }

    [Fact]
    public void Each_leaf_completes_the_subtrees_that_end_with_it()
    {
        var range = new CompactRange();
        var completed = new List<NodeAddress>();
        for (var i = 0; i < 8; i++)
            range.Append(MerkleTree.HashLeaf([]), (node, _) => completed.Add(node));
        Assert.Equal(15, completed.Count);
        Assert.Equal([new(0, 7), new(1, 3), new(2, 1), new(3, 0)], completed[^4..]);
    }

    [Fact]
    public void A_stored_edge_must_fit_its_size()
    {
        Assert.Throws<ArgumentException>(() => new CompactRange(3, [new byte[32]]));
        Assert.Throws<ArgumentException>(() => new CompactRange(1, [new byte[31]]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CompactRange(-1, []));
    }

    [Fact]
    public void Inclusion_proofs_are_those_of_the_definition_and_verify()
    {
        for (var size = 1; size <= Largest; size++)
        for (var index = 0; index < size; index++)
        {
            var proof = InclusionProof.Build(index, size, Node);
            Assert.Equal(Naive.Path(index, size), proof.Hashes);
            Assert.True(proof.Verify(MerkleTree.HashLeaf(Naive.Leaf(index)), Roots[size]));
        }
    }

    [Fact]
    public void Consistency_proofs_are_those_of_the_definition_and_verify()
    {
        for (var to = 1; to <= Largest; to++)
        for (var from = 1; from <= to; from++)
        {
            var proof = ConsistencyProof.Build(from, to, Node);
            Assert.Equal(Naive.Proof(from, to), proof.Hashes);
            Assert.True(proof.Verify(Roots[from], Roots[to]));
        }
    }

    [Fact]
    public void A_proof_must_end_exactly_at_the_root_of_the_size_that_it_claims()
    {
        var leaf = MerkleTree.HashLeaf(Naive.Leaf(1));
        // Right hashes for a tree of two, claimed for one; and an inner node passed off as the root of eight.
        Assert.False(new InclusionProof(0, 1, Naive.Path(1, 2)).Verify(leaf, Roots[2]));
        Assert.False(new InclusionProof(1, 8, Naive.Path(1, 2)).Verify(leaf, Roots[2]));
        Assert.False(new ConsistencyProof(1, 8, Naive.Proof(1, 4)).Verify(Roots[1], Roots[4]));
        Assert.False(new ConsistencyProof(1, 4, Naive.Proof(1, 8)).Verify(Roots[1], Roots[8]));
        // The older tree's last leaf lies at the right edge of both, so only the size shows that the proof is too long.
        byte[][] tooLong = [.. Naive.Proof(3, 4), Roots[4]];
        var grown = MerkleTree.HashNode(Roots[4], Roots[4]);
        Assert.False(new ConsistencyProof(3, 4, tooLong).Verify(MerkleTree.HashNode(Roots[4], Roots[3]), grown));
    }

    [Fact]
    public void A_proof_asks_for_the_nodes_that_it_named_and_no_others()
    {
        var asked = new List<NodeAddress>();
        byte[] Watch(NodeAddress node)
        {
            asked.Add(node);
            return Naive.Node(node.Level, node.Index);
        }

        InclusionProof.Build(5, 67, Watch);
        Assert.Equal(InclusionProof.NodesFor(5, 67), asked);
        asked.Clear();
        ConsistencyProof.Build(13, 67, Watch);
        Assert.Equal(ConsistencyProof.NodesFor(13, 67), asked);
    }

    [Fact]
    public void The_empty_tree_is_no_older_tree()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => ConsistencyProof.Build(0, 5, Node));
        Assert.False(new ConsistencyProof(0, 5, []).Verify(Naive.Root(0), Naive.Root(5)));
        Assert.False(new ConsistencyProof(0, 0, []).Verify(Naive.Root(0), Naive.Root(0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConsistencyProof.Build(6, 5, Node));
        Assert.Throws<ArgumentOutOfRangeException>(() => InclusionProof.Build(5, 5, Node));
        Assert.Throws<ArgumentOutOfRangeException>(() => InclusionProof.Build(-1, 5, Node));
    }

    [Fact]
    public void An_inner_node_is_not_a_leaf_and_an_odd_node_is_not_doubled()
    {
        var (left, right) = (MerkleTree.HashLeaf("a"u8), MerkleTree.HashLeaf("b"u8));
        Assert.NotEqual(MerkleTree.HashLeaf([.. left, .. right]), MerkleTree.HashNode(left, right));
        Assert.NotEqual(
            new NaiveTree([[1], [2], [3]]).Root(3),
            new NaiveTree([[1], [2], [3], [3]]).Root(4));
    }

    [Fact]
    public void A_proof_for_a_tree_of_63_bits_is_handled_without_overflow()
    {
        var zero = new byte[32];
        var proof = InclusionProof.Build(long.MaxValue - 1, long.MaxValue, _ => zero);
        Assert.InRange(proof.Hashes.Count, 1, InclusionProof.MaxHashes);
        Assert.False(proof.Verify(zero, zero));
        var consistency = ConsistencyProof.Build(long.MaxValue - 1, long.MaxValue, _ => zero);
        Assert.InRange(consistency.Hashes.Count, 1, ConsistencyProof.MaxHashes);
        Assert.False(consistency.Verify(zero, zero));
    }

    [Fact]
    public void Leaves_of_every_length_are_hashed_alike()
    {
        foreach (var length in new[] { 0, 1, 1022, 1023, 1024, 1025, LedgerLeaf.MaxBytes })
        {
            var leaf = Encoding.ASCII.GetBytes(new string('x', length));
            Assert.Equal(SHA256.HashData([0, .. leaf]), MerkleTree.HashLeaf(leaf));
        }
    }

    private static byte[] Node(NodeAddress node)
    {
        if (!Nodes.TryGetValue(node, out var hash))
            Nodes[node] = hash = Naive.Node(node.Level, node.Index);
        return hash;
    }
}
