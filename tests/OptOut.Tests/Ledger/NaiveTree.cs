using System.Security.Cryptography;

namespace OptOut.Tests.Ledger;

/// <summary>
/// RFC 9162 sections 2.1.1, 2.1.3.1 and 2.1.4.1 word for word, by recursion over the leaves themselves. It shares
/// nothing with the product, and is what the product is compared with.
/// </summary>
internal sealed class NaiveTree(IReadOnlyList<byte[]> leaves)
{
    private readonly byte[][] _leaves = [.. leaves];

    /// <summary>A tree of small, different leaves.</summary>
    internal static NaiveTree Of(int size) =>
        new([.. Enumerable.Range(0, size).Select(i => Enumerable.Repeat((byte)i, 1 + i / 256).ToArray())]);

    internal byte[] Leaf(int index) => _leaves[index];

    internal byte[] Root(int size) => Mth(_leaves[..size]);

    internal byte[][] Path(int index, int size) => Path(index, _leaves[..size]);

    internal byte[][] Proof(int from, int to) => SubProof(from, _leaves[..to], true);

    internal byte[] Node(int level, long index) =>
        Mth(_leaves[(int)(index << level)..(int)((index + 1) << level)]);

    private static byte[] Mth(byte[][] d)
    {
        if (d.Length == 0)
            return SHA256.HashData([]);
        if (d.Length == 1)
            return SHA256.HashData([0, .. d[0]]);
        var k = K(d.Length);
        return SHA256.HashData([1, .. Mth(d[..k]), .. Mth(d[k..])]);
    }

    private static byte[][] Path(int m, byte[][] d)
    {
        if (d.Length == 1)
            return [];
        var k = K(d.Length);
        return m < k ? [.. Path(m, d[..k]), Mth(d[k..])] : [.. Path(m - k, d[k..]), Mth(d[..k])];
    }

    private static byte[][] SubProof(int m, byte[][] d, bool known)
    {
        if (m == d.Length)
            return known ? [] : [Mth(d)];
        var k = K(d.Length);
        return m <= k ? [.. SubProof(m, d[..k], known), Mth(d[k..])] : [.. SubProof(m - k, d[k..], false), Mth(d[..k])];
    }

    private static int K(int n)
    {
        var k = 1;
        while (k * 2 < n)
            k *= 2;
        return k;
    }
}
