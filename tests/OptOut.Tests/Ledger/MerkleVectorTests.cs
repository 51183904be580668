using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OptOut.Ledger;
using OptOut.Ledger.Proofs;
using OptOut.Ledger.Tree;

namespace OptOut.Tests.Ledger;

public sealed class MerkleVectorTests
{
    [Fact]
    public void The_published_hashes_and_roots_come_out()
    {
        if (!PublicVectors.TryRead("rfc6962/roots.json", out var vectors))
            return;

        var nodes = new Dictionary<NodeAddress, byte[]>();
        var range = new CompactRange();
        var roots = new List<byte[]> { range.Root() };
        foreach (var leaf in vectors.GetProperty("leafInputs").EnumerateArray())
        {
            range.Append(MerkleTree.HashLeaf(PublicVectors.Hex(leaf)), (node, hash) => nodes.Add(node, hash));
            roots.Add(range.Root());
        }

        Assert.Equal(vectors.GetProperty("rootsBySize").EnumerateArray().Select(PublicVectors.Hex), roots);
        var level = 0;
        foreach (var hashes in vectors.GetProperty("nodeHashes").EnumerateArray())
        {
            var index = 0;
            foreach (var hash in hashes.EnumerateArray())
                Assert.Equal(PublicVectors.Hex(hash), nodes[new NodeAddress(level, index++)]);
            level++;
        }

        Assert.Equal(15, nodes.Count);
        Assert.All(vectors.GetProperty("hasher").EnumerateArray(), HashesAsPublished);
    }

    [Fact]
    public void Every_published_inclusion_proof_is_judged_as_published()
    {
        if (!PublicVectors.TryFind("merkle-proofs/inclusion", out var folder))
            return;

        var cases = Cases(folder);
        Assert.Equal(98, cases.Length);
        Assert.Equal(6, cases.Count(vector => !vector.GetProperty("wantErr").GetBoolean()));
        Assert.All(cases, vector =>
        {
            var hashes = PublicVectors.Base64List(vector.GetProperty("proof"));
            var proof = new InclusionProof(Size(vector, "leafIdx"), Size(vector, "treeSize"), hashes);
            var verified = proof.Verify(Hash(vector, "leafHash"), Hash(vector, "root"));
            Assert.NotEqual(vector.GetProperty("wantErr").GetBoolean(), verified);
        });
    }

    [Fact]
    public void Every_published_consistency_proof_is_judged_as_published()
    {
        if (!PublicVectors.TryFind("merkle-proofs/consistency", out var folder))
            return;

        var cases = Cases(folder);
        Assert.Equal(98, cases.Length);
        Assert.Equal(6, cases.Count(vector => !vector.GetProperty("wantErr").GetBoolean()));
        Assert.All(cases, vector =>
        {
            var hashes = PublicVectors.Base64List(vector.GetProperty("proof"));
            var proof = new ConsistencyProof(Size(vector, "size1"), Size(vector, "size2"), hashes);
            var verified = proof.Verify(Hash(vector, "root1"), Hash(vector, "root2"));
            Assert.NotEqual(vector.GetProperty("wantErr").GetBoolean(), verified);
        });
    }

    [Fact]
    public void The_published_sum_over_all_inclusion_proofs_of_130_leaves_comes_out()
    {
        if (!PublicVectors.TryRead("rfc6962/roots.json", out var vectors))
            return;

        // An aligned range of leaves is a tree of its own; its proofs are those of that tree.
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var end = 1; end <= 130; end++)
        for (var start = 0; start < end; start++)
        {
            if (start % (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(end - start)) != 0)
                continue;

            var nodes = new Dictionary<NodeAddress, byte[]>();
            var range = new CompactRange();
            for (var leaf = start; leaf < end; leaf++)
                range.Append(MerkleTree.HashLeaf([(byte)leaf]), (node, hash) => nodes.Add(node, hash));
            for (var index = start; index < end; index++)
            {
                var proof = InclusionProof.Build(index - start, end - start, node => nodes[node]);
                var hashes = string.Concat(proof.Hashes.Select(hash => " " + Convert.ToHexStringLower(hash)));
                var line = string.Create(CultureInfo.InvariantCulture, $"{index} [{start}, {end}){hashes}\n");
                sum.AppendData(Encoding.ASCII.GetBytes(line));
            }
        }

        Assert.Equal(
            PublicVectors.Hex(vectors.GetProperty("accumulated").GetProperty("subtreeInclusion")),
            sum.GetHashAndReset());
    }

    [Fact]
    public void The_proofs_that_a_witness_is_sent_are_judged_as_published()
    {
        if (!PublicVectors.TryRead("witness/update.json", out var vectors))
            return;

        foreach (var vector in vectors.GetProperty("cases").EnumerateArray())
        {
            var (have, next) = (vector.GetProperty("have"), vector.GetProperty("new"));
            // Only these two answers depend on the proof; the empty tree is the witness's own affair.
            var status = vector.GetProperty("status").GetInt32();
            if (status is not (200 or 422) || have[0].GetInt64() == 0)
                continue;

            var hashes = vector.GetProperty("proof").EnumerateArray().Select(PublicVectors.Hex).ToArray();
            var proof = new ConsistencyProof(have[0].GetInt64(), next[0].GetInt64(), hashes);
            Assert.Equal(status == 200, proof.Verify(PublicVectors.Hex(have[1]), PublicVectors.Hex(next[1])));
        }
    }

    private static void HashesAsPublished(JsonElement vector)
    {
        byte[] Part(string name) => PublicVectors.Hex(vector.GetProperty(name));
        switch (vector.GetProperty("op").GetString())
        {
            case "empty": Assert.Equal(Part("want"), MerkleTree.EmptyRoot()); break;
            case "leaf": Assert.Equal(Part("want"), MerkleTree.HashLeaf(Part("data"))); break;
            // The published node is made of short inputs, which our function refuses: its prefix is what is compared.
            default:
                Assert.Equal(Part("want"), SHA256.HashData([1, .. Part("left"), .. Part("right")]));
                Assert.Throws<ArgumentException>(() => MerkleTree.HashNode(Part("left"), Part("right")));
                break;
        }
    }

    private static JsonElement[] Cases(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories)
            .Select(file => JsonDocument.Parse(File.ReadAllBytes(file)).RootElement),
    ];

    // Sizes above 63 bits come in as negative numbers, which are refused as they should be.
    private static long Size(JsonElement vector, string name) => unchecked((long)vector.GetProperty(name).GetUInt64());

    private static byte[] Hash(JsonElement vector, string name) => PublicVectors.Base64(vector.GetProperty(name));
}
