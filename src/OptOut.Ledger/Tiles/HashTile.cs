namespace OptOut.Ledger.Tiles;

/// <summary>The content of a hash tile: 1 to 256 hashes of 32 bytes, one after the other.</summary>
public static class HashTile
{
    /// <summary>Joins the hashes.</summary>
    /// <exception cref="ArgumentException">There are none, too many, or one is not 32 bytes long.</exception>
    public static byte[] Encode(IReadOnlyList<byte[]> hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        if (hashes.Count is < 1 or > TilePath.FullWidth || hashes.Any(hash => hash.Length != MerkleTree.HashBytes))
            throw new ArgumentException("A tile has 1 to 256 hashes of 32 bytes.", nameof(hashes));

        var tile = new byte[hashes.Count * MerkleTree.HashBytes];
        for (var i = 0; i < hashes.Count; i++)
            hashes[i].CopyTo(tile, i * MerkleTree.HashBytes);
        return tile;
    }

    /// <summary>Takes the hashes out of a tile that is exactly <paramref name="width"/> hashes wide.</summary>
    /// <exception cref="FormatException">It has another length.</exception>
    public static IReadOnlyList<byte[]> Decode(ReadOnlySpan<byte> tile, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, TilePath.FullWidth);
        if (tile.Length != width * MerkleTree.HashBytes)
            throw new FormatException("The tile is not as long as its width asks.");

        var hashes = new byte[width][];
        for (var i = 0; i < width; i++)
            hashes[i] = tile.Slice(i * MerkleTree.HashBytes, MerkleTree.HashBytes).ToArray();
        return hashes;
    }
}
