using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OptOut.Ledger;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Proofs;
using OptOut.Ledger.Tree;

namespace OptOut.Tests.Ledger;

public sealed class ReceiptTests : IDisposable
{
    private const string Origin = "optout.example/ledger";
    private const int Size = 29;

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly NaiveTree _naive = NaiveTree.Of(Size);
    private readonly string _checkpoint;
    private readonly TrustedLog _log;

    public ReceiptTests()
    {
        var signer = NoteSigner.Ecdsa(Origin, _key);
        _checkpoint = new Checkpoint(Origin, Size, _naive.Root(Size)).Sign([signer]).ToString();
        _log = new TrustedLog(Origin, [signer.Verifier]);
    }

    public void Dispose() => _key.Dispose();

    [Fact]
    public void The_receipt_of_every_leaf_is_proven_after_a_journey_as_text()
    {
        for (var index = 0; index < Size; index++)
        {
            var receipt = Receipt.Parse(Encoding.UTF8.GetBytes(Of(index).ToString()));
            Assert.Equal(ReceiptVerdict.Proven, receipt.Verify(_log));
            Assert.Equal(ReceiptVerdict.Proven, receipt.Verify(_naive.Leaf(index), _log));
            Assert.Equal(ReceiptVerdict.OtherLeaf, receipt.Verify(_naive.Leaf((index + 1) % Size), _log));
        }
    }

    [Fact]
    public void A_receipt_is_smaller_than_five_kilobytes_at_a_million_entries_with_every_signature()
    {
        const int Entries = 1_000_000;
        var leaf = new LedgerLeaf
        {
            Kind = "acknowledged", Record = Guid.AllBitsSet, Version = int.MaxValue, Actor = "system:" + new string('s', 63),
            At = DateTimeOffset.UnixEpoch, CommitmentHash = new byte[Commitment.Bytes], System = new string('s', 63),
            Outcome = "applied",
        };
        var hashes = Enumerable.Repeat(new byte[MerkleTree.HashBytes], 20).ToArray();
        Assert.True(hashes.Length >= Math.Ceiling(Math.Log2(Entries)));
        var seed = RandomNumberGenerator.GetBytes(Ed25519.PrivateKeyBytes);
        var note = new Checkpoint(Origin, Entries, _naive.Root(Size)).Sign(
        [
            NoteSigner.Ecdsa(Origin, _key), NoteSigner.FromEd25519(Origin, seed),
            NoteSigner.Cosigner("witness.example.org", RandomNumberGenerator.GetBytes(Ed25519.PrivateKeyBytes), TimeProvider.System),
        ]);

        var size = Encoding.UTF8.GetByteCount(new Receipt(leaf.ToBytes(), Entries - 1, hashes, note.ToString()).ToString());

        Assert.InRange(size, 1_000, 5 * 1024);
    }

    [Fact]
    public void A_receipt_without_its_leaf_proves_the_leaf_that_the_reader_brings()
    {
        var full = Of(11);
        var bare = new Receipt(null, full.Index, full.Hashes, full.Checkpoint);
        Assert.Equal(ReceiptVerdict.Proven, bare.Verify(_naive.Leaf(11), _log));
        Assert.Equal(ReceiptVerdict.NotIncluded, bare.Verify(_naive.Leaf(12), _log));
        Assert.Equal(ReceiptVerdict.OtherLeaf, bare.Verify(_log));
    }

    [Fact]
    public void Each_fault_has_its_verdict()
    {
        var good = Of(11);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var stranger = NoteSigner.Ecdsa(Origin, other);
        Receipt With(string checkpoint) => new(good.Extra, good.Index, good.Hashes, checkpoint);
        string Signed(string origin, int size, NoteSigner signer) =>
            new Checkpoint(origin, size, _naive.Root(size)).Sign([signer]).ToString();

        Assert.Equal(ReceiptVerdict.MalformedCheckpoint, With("test checkpoint\n").Verify(_log));
        Assert.Equal(ReceiptVerdict.OtherLog, With(Signed("other.example", Size, stranger)).Verify(_log));
        Assert.Equal(ReceiptVerdict.NoKnownKey, With(Signed(Origin, Size, stranger)).Verify(_log));
        Assert.Equal(
            ReceiptVerdict.NotIncluded, With(Signed(Origin, 20, NoteSigner.Ecdsa(Origin, _key))).Verify(_log));
        var forged = _checkpoint.Replace($"\n{Size}\n", $"\n{Size + 1}\n", StringComparison.Ordinal);
        Assert.Equal(ReceiptVerdict.BadSignature, With(forged).Verify(_log));
    }

    [Fact]
    public void No_receipt_survives_the_change_of_a_byte()
    {
        var cases = Gen.ArrayOf(Gen.Choose(0, 1_000_000), 3).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000).WithQuietOnSuccess(true), Prop.ForAll(cases, numbers =>
        {
            var bytes = Encoding.UTF8.GetBytes(Of(numbers[0] % Size).ToString());
            bytes[numbers[1] % bytes.Length] ^= (byte)(1 + numbers[2] % 255);
            return !IsProven(bytes);
        }));
    }

    [Fact]
    public void Every_change_of_one_bit_of_a_receipt_is_refused()
    {
        var good = Encoding.UTF8.GetBytes(Of(23).ToString());
        Assert.True(IsProven(good));
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var bad = (byte[])good.Clone();
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(IsProven(bad), $"bit {bit}");
        }
    }

    [Fact]
    public void A_witness_alone_does_not_make_a_log_trusted()
    {
        var witness = NoteSigner.Cosigner("witness.example/w1", new byte[32], TimeProvider.System);
        Assert.Throws<ArgumentException>(() => new TrustedLog(Origin, [witness.Verifier]));
        Assert.Throws<ArgumentException>(() => new TrustedLog(Origin, []));
    }

    [Fact]
    public void A_receipt_with_too_many_or_too_short_hashes_is_refused()
    {
        var hashes = Enumerable.Repeat(new byte[32], InclusionProof.MaxHashes + 1).ToArray();
        Assert.Throws<FormatException>(() => new Receipt(null, 0, hashes, ""));
        Assert.Throws<FormatException>(() => new Receipt(null, 0, [new byte[31]], ""));
        Assert.Throws<FormatException>(() => Receipt.Parse(new byte[Receipt.MaxBytes + 1]));
        var lines = string.Concat(hashes.Select(hash => Convert.ToBase64String(hash) + "\n"));
        Assert.Throws<FormatException>(() =>
            Receipt.Parse(Encoding.UTF8.GetBytes($"c2sp.org/tlog-proof@v1\nindex 0\n{lines}\nx\n")));
    }

    private bool IsProven(byte[] receipt)
    {
        try
        {
            return Receipt.Parse(receipt).Verify(_log) == ReceiptVerdict.Proven;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private Receipt Of(int index)
    {
        var proof = InclusionProof.Build(index, Size, node => _naive.Node(node.Level, node.Index));
        return new Receipt(_naive.Leaf(index), index, proof.Hashes, _checkpoint);
    }
}
