using Npgsql;
using NpgsqlTypes;
using OptOut.Ledger.Tiles;
using OptOut.Ledger.Tree;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Sequencing;

/// <summary>
/// Gives waiting leaves their place. It works on the connection that holds the lock: when that session dies, the lock
/// and everything uncommitted die with it, so an old holder can never commit beside a new one.
/// </summary>
internal sealed class Sequencer(NpgsqlConnection connection, CompactRange range)
{
    /// <summary>The most leaves that one transaction takes.</summary>
    public const int MaxBatch = 4096;

    /// <summary>Only hashes travel: the leaf's own bytes move inside the database, whose CHECK compares both.</summary>
    private const string Waiting = "SELECT pending_id, leaf_hash FROM ledger.pending ORDER BY pending_id LIMIT $1";

    private const string Append =
        """
        INSERT INTO ledger.entry (entry_index, entry_id, leaf, leaf_hash)
        SELECT u.entry_index, p.entry_id, p.leaf, p.leaf_hash
        FROM unnest($1, $2, $3) AS u(pending_id, entry_index, leaf_hash)
        JOIN ledger.pending p ON p.pending_id = u.pending_id AND p.leaf_hash = u.leaf_hash
        """;

    private const string AddTiles =
        "INSERT INTO ledger.tile (level, tile_index, root) SELECT * FROM unnest($1, $2, $3)";

    private const string Remove = "DELETE FROM ledger.pending WHERE pending_id = ANY ($1)";

    private const string Forgotten =
        """
        SELECT entry_id, leaf, leaf_hash FROM jsonb_populate_recordset(NULL::ledger.entry, $1 -> 'entries')
        WHERE entry_index >= $2 ORDER BY entry_index
        """;

    private const string Return =
        "INSERT INTO ledger.entry (entry_index, entry_id, leaf, leaf_hash) SELECT * FROM unnest($1, $2, $3, $4)";

    // What the backup still holds as waiting stands in the tree again.
    private const string RemoveReturned = "DELETE FROM ledger.pending WHERE entry_id = ANY ($1)";

    private const string Advance = "UPDATE ledger.head SET size = $1, edge = $2 WHERE size = $3";

    /// <summary>The tree as it is after the last commit.</summary>
    public CompactRange Range { get; private set; } = range;

    /// <summary>Moves one batch from waiting into the tree; returns how many leaves.</summary>
    /// <exception cref="LedgerIncidentException">A leaf and its hash, or the head and this process, do not agree.</exception>
    public async Task<int> TakeAsync(CancellationToken cancellationToken)
    {
        var (ids, hashes) = await ReadWaitingAsync(cancellationToken);
        if (ids.Length == 0)
            return 0;

        var (next, tiles) = Grow(hashes);
        var places = new long[ids.Length];
        for (var i = 0; i < places.Length; i++)
            places[i] = Range.Size + i;
        try
        {
            await StoreAsync(
                Sql.Command(Append, Longs(ids), Longs(places), Sql.Byteas(hashes)),
                Sql.Command(Remove, Longs(ids)), ids.Length, next, tiles, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.CheckViolation
            or PostgresErrorCodes.UniqueViolation)
        {
            throw new LedgerIncidentException(LedgerIncidentException.LeafDiffers);
        }

        Range = next;
        return ids.Length;
    }

    /// <summary>Puts leaves back where they stood before an older backup was restored.</summary>
    /// <param name="frame">The archive's JSON: its entries that are not there are appended.</param>
    public async Task PutBackAsync(string frame, CancellationToken cancellationToken)
    {
        List<Guid> ids = [];
        List<byte[]?> leaves = [];
        List<byte[]> hashes = [];
        await using (var command = new NpgsqlCommand(Forgotten, connection))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = frame, NpgsqlDbType = NpgsqlDbType.Jsonb });
            command.Parameters.Add(Sql.Value(Range.Size));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                ids.Add(reader.GetGuid(0));
                leaves.Add(reader.IsDBNull(1) ? null : reader.GetFieldValue<byte[]>(1));
                hashes.Add(reader.GetFieldValue<byte[]>(2));
            }
        }

        if (ids.Count == 0)
            return;
        var (next, tiles) = Grow(hashes);
        var places = new long[ids.Count];
        for (var i = 0; i < places.Length; i++)
            places[i] = Range.Size + i;
        await StoreAsync(
            Sql.Command(Return, Longs(places), Sql.Uuids([.. ids]), Sql.Byteas([.. leaves]), Sql.Byteas([.. hashes])),
            Sql.Command(RemoveReturned, Sql.Uuids([.. ids])), ids.Count, next, tiles, cancellationToken);
        Range = next;
    }

    private async Task<(long[] Ids, byte[][] Hashes)> ReadWaitingAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Waiting, connection);
        command.Parameters.Add(Sql.Value(MaxBatch));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<long> ids = [];
        List<byte[]> hashes = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetInt64(0));
            hashes.Add(reader.GetFieldValue<byte[]>(1));
        }

        return ([.. ids], [.. hashes]);
    }

    private (CompactRange Next, List<(short Level, long Index, byte[] Root)> Tiles) Grow(IEnumerable<byte[]> hashes)
    {
        var next = new CompactRange(Range.Size, [.. Range.Edge]);
        List<(short Level, long Index, byte[] Root)> tiles = [];
        foreach (var hash in hashes)
        {
            next.Append(hash, (node, root) =>
            {
                if (node.Level > 0 && node.Level % TilePath.LevelsPerTile == 0)
                    tiles.Add(((short)(node.Level / TilePath.LevelsPerTile - 1), node.Index, root));
            });
        }

        return (next, tiles);
    }

    private async Task StoreAsync(
        NpgsqlBatchCommand append, NpgsqlBatchCommand remove, int count, CompactRange next,
        List<(short Level, long Index, byte[] Root)> tiles, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        var advance = Sql.Command(Advance, Sql.Value(next.Size), Sql.Byteas([.. next.Edge]), Sql.Value(Range.Size));
        batch.BatchCommands.Add(append);
        if (tiles.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Command(AddTiles,
                Sql.Smallints([.. tiles.Select(tile => tile.Level)]),
                Longs([.. tiles.Select(tile => tile.Index)]),
                Sql.Byteas([.. tiles.Select(tile => tile.Root)])));
        }

        batch.BatchCommands.Add(remove);
        batch.BatchCommands.Add(advance);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        if (append.Rows != (ulong)count)
            throw new LedgerIncidentException(LedgerIncidentException.LeafDiffers);
        if (advance.Rows != 1)
            throw new LedgerIncidentException(LedgerIncidentException.HeadDiffers);
        await transaction.CommitAsync(cancellationToken);
    }

    private static NpgsqlParameter<long[]> Longs(long[] values) =>
        new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
}
