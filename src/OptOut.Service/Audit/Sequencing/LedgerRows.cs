using Npgsql;
using OptOut.Ledger;
using OptOut.Ledger.Tiles;
using OptOut.Ledger.Tree;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Sequencing;

/// <summary>A checkpoint as it was signed, with the cosignatures that it has.</summary>
internal sealed record StoredCheckpoint(long Size, byte[] Root, byte[] Note, DateTimeOffset SignedAt);

/// <summary>Reads committed rows of the ledger as tiles, nodes and roots. Any replica serves from it.</summary>
internal sealed class LedgerRows(Databases databases)
{
    private const string Leaves =
        "SELECT leaf_hash FROM ledger.entry WHERE entry_index >= $1 AND entry_index < $2 ORDER BY entry_index";

    private const string Roots =
        "SELECT root FROM ledger.tile WHERE level = $3 AND tile_index >= $1 AND tile_index < $2 ORDER BY tile_index";

    private const string Entries =
        "SELECT leaf FROM ledger.entry WHERE entry_index >= $1 AND entry_index < $2 ORDER BY entry_index";

    // Witnesses' lines come after ours, as they do in the note itself.
    private const string Newest =
        """
        SELECT c.size, c.root, c.note || coalesce((
                SELECT convert_to(string_agg(s.line, '' ORDER BY s.witness), 'UTF8')
                FROM ledger.cosignature s WHERE s.size = c.size), ''::bytea), c.signed_at
        FROM (SELECT * FROM ledger.checkpoint ORDER BY size DESC LIMIT 1) c
        """;

    /// <summary>The newest checkpoint; null before the first.</summary>
    public async Task<StoredCheckpoint?> CheckpointAsync(CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Newest);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new StoredCheckpoint(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetFieldValue<byte[]>(2),
                reader.GetFieldValue<DateTimeOffset>(3))
            : null;
    }

    /// <summary>Where an entry stands and its bytes; the index is null while it waits; null where there is none.</summary>
    public async Task<(long? Index, byte[] Leaf)?> FindAsync(Guid entryId, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(
            "SELECT entry_index, leaf FROM ledger.leaf WHERE entry_id = $1");
        command.Parameters.Add(Sql.Value(entryId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) && !reader.IsDBNull(1)
            ? (reader.IsDBNull(0) ? null : reader.GetInt64(0), reader.GetFieldValue<byte[]>(1))
            : null;
    }

    /// <summary>A tile's bytes; null where the rows do not reach as far.</summary>
    public async Task<byte[]?> TileAsync(TilePath tile, CancellationToken cancellationToken)
    {
        var first = tile.Index * TilePath.FullWidth;
        var sql = tile.Level switch { null => Entries, 0 => Leaves, _ => Roots };
        await using var command = databases.Main.CreateCommand(sql);
        command.Parameters.Add(Sql.Value(first));
        command.Parameters.Add(Sql.Value(first + tile.Width));
        if (tile.Level > 0)
            command.Parameters.Add(Sql.Value((short)(tile.Level.Value - 1)));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<byte[]> rows = new(tile.Width);
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(reader.IsDBNull(0) ? [] : reader.GetFieldValue<byte[]>(0));
        if (rows.Count < tile.Width)
            return null;
        return tile.Level is null ? EntryBundle.Encode(rows) : HashTile.Encode(rows);
    }

    /// <summary>Gives the hashes of these nodes in the tree of <paramref name="size"/> leaves.</summary>
    /// <exception cref="LedgerIncidentException">The rows do not reach that far.</exception>
    public async Task<NodeReader> NodesAsync(
        long size, IReadOnlyList<NodeAddress> nodes, CancellationToken cancellationToken)
    {
        var levels = TileLevel.Of(size);
        var tiles = new Dictionary<TilePath, byte[]>();
        foreach (var node in nodes)
        {
            var perTile = TilePath.FullWidth >> (node.Level % TilePath.LevelsPerTile);
            var tile = levels[node.Level / TilePath.LevelsPerTile].Tile(node.Index / perTile);
            if (!tiles.ContainsKey(tile))
                tiles[tile] = await TileAsync(tile, cancellationToken)
                    ?? throw new LedgerIncidentException(LedgerIncidentException.HeadDiffers);
        }

        return new TileNodeReader(size, tile => tiles[tile]).Read;
    }

    /// <summary>The tree of the first <paramref name="size"/> leaves, from the rows.</summary>
    public async Task<CompactRange> RangeAtAsync(long size, CancellationToken cancellationToken)
    {
        List<NodeAddress> nodes = [];
        for (var (level, start) = (62, 0L); level >= 0; level--)
        {
            if ((size & (1L << level)) == 0)
                continue;
            nodes.Add(new NodeAddress(level, start >> level));
            start += 1L << level;
        }

        var read = await NodesAsync(size, nodes, cancellationToken);
        return new CompactRange(size, [.. nodes.Select(node => read(node))]);
    }
}
