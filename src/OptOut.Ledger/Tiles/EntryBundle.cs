using System.Buffers.Binary;

namespace OptOut.Ledger.Tiles;

/// <summary>The content of an entry bundle: up to 256 leaves, each after its length in two big-endian bytes.</summary>
public static class EntryBundle
{
    private const int LengthBytes = sizeof(ushort);

    /// <summary>Joins the leaves.</summary>
    /// <exception cref="ArgumentException">There are more than 256, or one is longer than 65,535 bytes.</exception>
    public static byte[] Encode(IReadOnlyList<byte[]> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        if (leaves.Count > TilePath.FullWidth || leaves.Any(leaf => leaf.Length > LedgerLeaf.MaxBytes))
            throw new ArgumentException("A bundle has at most 256 leaves of at most 65,535 bytes.", nameof(leaves));

        var bundle = new byte[leaves.Sum(leaf => LengthBytes + leaf.Length)];
        var rest = bundle.AsSpan();
        foreach (var leaf in leaves)
        {
            BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)leaf.Length);
            leaf.CopyTo(rest[LengthBytes..]);
            rest = rest[(LengthBytes + leaf.Length)..];
        }

        return bundle;
    }

    /// <summary>Takes the leaves out; compare their number with the width that the path names.</summary>
    /// <exception cref="FormatException">It ends inside a leaf, or has more than 256.</exception>
    public static IReadOnlyList<byte[]> Decode(ReadOnlySpan<byte> bundle)
    {
        var leaves = new List<byte[]>();
        while (!bundle.IsEmpty)
        {
            if (leaves.Count == TilePath.FullWidth)
                throw new FormatException("The bundle has more than 256 leaves.");
            if (bundle.Length < LengthBytes)
                throw new FormatException("The bundle ends inside a length.");

            var length = BinaryPrimitives.ReadUInt16BigEndian(bundle);
            bundle = bundle[LengthBytes..];
            if (bundle.Length < length)
                throw new FormatException("The bundle ends inside a leaf.");

            leaves.Add(bundle[..length].ToArray());
            bundle = bundle[length..];
        }

        return leaves;
    }
}
