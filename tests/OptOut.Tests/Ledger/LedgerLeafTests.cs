using System.Security.Cryptography;
using System.Text;
using OptOut.Ledger;

namespace OptOut.Tests.Ledger;

public sealed class LedgerLeafTests
{
    private const string Canonical =
        """{"actor":"svc:api","at":"2026-11-20T15:36:24.986Z","c":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",""" +
        """
        "kind":"recorded","record":"0193489a-1b2c-7d3e-8f40-112233445566","type":"optout.ledger/1","version":"1"}
        """;

    private static LedgerLeaf Leaf() => new()
    {
        Kind = "recorded",
        Record = Guid.Parse("0193489a-1b2c-7d3e-8f40-112233445566"),
        Version = 1,
        Actor = "svc:api",
        At = new DateTimeOffset(2026, 11, 20, 16, 36, 24, 986, TimeSpan.FromHours(1)).AddTicks(9_999),
        CommitmentHash = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(),
    };

    [Fact]
    public void A_leaf_has_exactly_the_published_bytes() =>
        Assert.Equal(Canonical, Encoding.UTF8.GetString(Leaf().ToBytes()));

    [Fact]
    public void Reading_a_leaf_gives_back_all_of_it()
    {
        var bytes = new LedgerLeaf
        {
            Kind = "acknowledged",
            Record = Leaf().Record,
            Version = long.MaxValue,
            Actor = "role:operator",
            At = Leaf().At,
            CommitmentHash = Leaf().CommitmentHash,
            System = "mail-sender",
            Outcome = "no_match",
        }.ToBytes();
        var read = LedgerLeaf.Parse(bytes);
        Assert.Equal(("acknowledged", long.MaxValue, "mail-sender", "no_match"),
            (read.Kind, read.Version, read.System, read.Outcome));
        Assert.Equal(Leaf().At, read.At);
        Assert.Equal(bytes, read.ToBytes());
    }

    [Theory]
    [InlineData("\"version\":\"1\"", "\"version\":\"01\"")]
    [InlineData("\"version\":\"1\"", "\"version\":1")]
    [InlineData("\"version\":\"1\"", "\"version\":\"-1\"")]
    [InlineData("\"version\":\"1\"", "\"version\":\"1\",\"w\":\"\"")]
    [InlineData("\"version\":\"1\"", "\"version\":\"1\",\"version\":\"1\"")]
    [InlineData("\"version\":\"1\"", "\"version\": \"1\"")]
    [InlineData("\"version\":\"1\"}", "\"version\":\"1\"} ")]
    [InlineData("\"version\":\"1\"}", "\"version\":\"1\"")]
    [InlineData("optout.ledger/1", "optout.ledger/2")]
    [InlineData("recorded", "\\u0072ecorded")]
    [InlineData("recorded", "Recorded")]
    [InlineData("recorded", "")]
    [InlineData("svc:api", "jane@example.com")]
    [InlineData("svc:api", "jane doe")]
    [InlineData(".986Z", ".98Z")]
    [InlineData(".986Z", ".986+00:00")]
    [InlineData("0193489a", "0193489A")]
    [InlineData("Hh8=", "Hh9=")]
    [InlineData("Hh8=", "Hh8= ")]
    [InlineData("{\"actor\":\"svc:api\",", "{")]
    public void Any_other_spelling_of_a_leaf_is_refused(string part, string other)
    {
        Assert.Contains(part, Canonical, StringComparison.Ordinal);
        var bytes = Encoding.UTF8.GetBytes(Canonical.Replace(part, other, StringComparison.Ordinal));
        Assert.Throws<FormatException>(() => LedgerLeaf.Parse(bytes));
    }

    [Fact]
    public void Bytes_that_are_no_text_or_too_long_are_refused()
    {
        byte[][] bad = [[], [0xff], Encoding.UTF8.GetBytes("[]"), Encoding.UTF8.GetBytes("\"x\""),
            Encoding.UTF8.GetBytes("{\"actor\":{\"a\":\"b\"}}"), Encoding.UTF8.GetBytes("{\"actor\":\"\\ud800\"}"),
            new byte[LedgerLeaf.MaxBytes + 1]];
        Assert.All(bad, bytes => Assert.Throws<FormatException>(() => LedgerLeaf.Parse(bytes)));
    }

    [Fact]
    public void Every_change_of_one_byte_gives_another_leaf_or_none()
    {
        var original = Leaf().ToBytes();
        for (var i = 0; i < original.Length; i++)
        {
            var changed = (byte[])original.Clone();
            changed[i] ^= 0x01;
            try
            {
                Assert.Equal(changed, LedgerLeaf.Parse(changed).ToBytes());
            }
            catch (FormatException)
            {
                // Refused, which is as good.
            }
        }
    }

    [Fact]
    public void A_commitment_is_the_hash_of_domain_nonce_and_payload()
    {
        foreach (var length in new[] { 0, 1, 900, 976, 977, 5000 })
        {
            var (nonce, payload) = (RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(length));
            byte[] input = [.. "optout.commit/1"u8, 0, .. nonce, .. payload];
            var commitment = Commitment.Compute(nonce, payload);
            Assert.Equal(SHA256.HashData(input), commitment);
            Assert.True(Commitment.Opens(commitment, nonce, payload));
            Assert.False(Commitment.Opens(commitment, nonce, [.. payload, 0]));
            Assert.False(Commitment.Opens(commitment, nonce.AsSpan(1), payload));
        }

        Assert.Throws<ArgumentException>(() => Commitment.Compute(new byte[31], []));
    }
}
