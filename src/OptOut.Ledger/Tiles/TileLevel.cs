namespace OptOut.Ledger.Tiles;

/// <summary>What a log of a certain size has on one level of tiles.</summary>
/// <param name="Level">Level of the tiles.</param>
/// <param name="FullTiles">How many full tiles.</param>
/// <param name="PartialWidth">How many hashes stand in the partial tile after them; 0 where there is none.</param>
public sealed record TileLevel(int Level, long FullTiles, int PartialWidth)
{
    /// <summary>The levels of a log of <paramref name="size"/> leaves, leaves first; none for an empty log.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative.</exception>
    public static IReadOnlyList<TileLevel> Of(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        var levels = new List<TileLevel>();
        for (var hashes = size; hashes > 0; hashes /= TilePath.FullWidth)
            levels.Add(new TileLevel(levels.Count, hashes / TilePath.FullWidth, (int)(hashes % TilePath.FullWidth)));
        return levels;
    }

    /// <summary>The tile with this index, as wide as it is on this level.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The level has no such tile.</exception>
    public TilePath Tile(long index)
    {
        if (index < FullTiles)
            return TilePath.ForHashes(Level, index);
        return index == FullTiles && PartialWidth > 0
            ? TilePath.ForHashes(Level, index, PartialWidth)
            : throw new ArgumentOutOfRangeException(nameof(index), index, "The level has no such tile.");
    }
}
