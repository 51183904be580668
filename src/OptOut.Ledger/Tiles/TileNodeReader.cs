using OptOut.Ledger.Tree;

namespace OptOut.Ledger.Tiles;

/// <summary>
/// Gives the hash of any complete subtree of a tiled log, so that proofs can be built from the published directory
/// alone. The tiles are read as they would be published for this size; a node inside a tile is computed from it.
/// </summary>
/// <param name="size">Number of leaves of the log.</param>
/// <param name="read">Gives the bytes of a tile; throws where there is none.</param>
public sealed class TileNodeReader(long size, Func<TilePath, byte[]> read)
{
    private readonly IReadOnlyList<TileLevel> _levels = TileLevel.Of(size);

    /// <summary>The hash at <paramref name="address"/>; fits <see cref="NodeReader"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The log has no such complete subtree.</exception>
    /// <exception cref="FormatException">The tile that should hold it is not as long as it must be.</exception>
    public byte[] Read(NodeAddress address)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(address.Level, nameof(address));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(
            address.Level / TilePath.LevelsPerTile, _levels.Count, nameof(address));
        ArgumentOutOfRangeException.ThrowIfNegative(address.Index, nameof(address));

        var above = address.Level % TilePath.LevelsPerTile;
        var perTile = TilePath.FullWidth >> above;
        var tile = _levels[address.Level / TilePath.LevelsPerTile].Tile(address.Index / perTile);
        var first = (int)(address.Index % perTile) << above;
        var count = 1 << above;
        if (first + count > tile.Width)
            throw new ArgumentOutOfRangeException(nameof(address), address, "The log has no such complete subtree.");

        var hashes = HashTile.Decode(read(tile), tile.Width);
        var range = new CompactRange();
        for (var i = first; i < first + count; i++)
            range.Append(hashes[i]);
        return range.Root();
    }
}
