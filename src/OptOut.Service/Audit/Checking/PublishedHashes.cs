using OptOut.Ledger;
using OptOut.Ledger.Tiles;

namespace OptOut.Service.Audit.Checking;

/// <summary>The leaf hashes of the published directory: what strangers may have copied, outside the database.</summary>
internal sealed class PublishedHashes(string? directory)
{
    private long _loaded = -1;
    private byte[] _tile = [];

    /// <summary>Whether the hash at this place was published as another one; false where nothing was.</summary>
    public bool Differs(long index, ReadOnlySpan<byte> hash)
    {
        if (directory is null)
            return false;
        var (tile, place) = (index / TilePath.FullWidth, (int)(index % TilePath.FullWidth) * MerkleTree.HashBytes);
        if (tile != _loaded)
            (_loaded, _tile) = (tile, Load(directory, tile));
        return place + MerkleTree.HashBytes <= _tile.Length
            && !hash.SequenceEqual(_tile.AsSpan(place, MerkleTree.HashBytes));
    }

    private static byte[] Load(string directory, long index)
    {
        var full = Path.Combine(directory, TilePath.ForHashes(0, index).ToString());
        if (File.Exists(full))
            return File.ReadAllBytes(full);
        for (var width = TilePath.FullWidth - 1; width > 0 && Directory.Exists(full + ".p"); width--)
        {
            var partial = Path.Combine(directory, TilePath.ForHashes(0, index, width).ToString());
            if (File.Exists(partial))
                return File.ReadAllBytes(partial);
        }

        return [];
    }
}
