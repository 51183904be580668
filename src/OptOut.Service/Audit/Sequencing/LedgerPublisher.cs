using Npgsql;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Tiles;
using OptOut.Ledger.Tree;
using OptOut.Service.Audit.Recovering;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Audit.Sequencing;

/// <summary>Publishes what is committed: tiles first, then the signed checkpoint that needs them.</summary>
internal sealed class LedgerPublisher(
    LedgerRows rows, CheckpointComparison comparison, LedgerKeys keys, LedgerSettings settings, ArchiveWriter archive,
    LedgerStatus status, TimeProvider clock)
{
    private const string StoreCheckpoint =
        "INSERT INTO ledger.checkpoint (size, root, note, signed_at) VALUES ($1, $2, $3, $4) ON CONFLICT (size) DO NOTHING";

    private readonly TileDirectory? _directory = settings.Directory is { } path ? new TileDirectory(path) : null;

    // Up to where the directory is written, and the size of the newest checkpoint.
    private long _written;
    private long _published;

    /// <summary>
    /// Compares the head with the rows, with the newest checkpoint and with the directory, before anything is signed.
    /// Returns the tree to go on with.
    /// </summary>
    /// <exception cref="LedgerIncidentException">They do not agree: an older backup was restored, or a row was changed.</exception>
    public async Task<CompactRange> StartAsync(CompactRange head, CancellationToken cancellationToken)
    {
        if (head.Size > 0)
        {
            var recomputed = await rows.RangeAtAsync(head.Size, cancellationToken);
            Require(recomputed.Root().AsSpan().SequenceEqual(head.Root()), LedgerIncidentException.HeadDiffers);
        }

        var stored = await rows.CheckpointAsync(cancellationToken);
        _published = await comparison.VerifyAsync(stored?.Note, head.Size, cancellationToken);
        _written = await comparison.VerifyAsync(_directory?.ReadCheckpoint(), head.Size, cancellationToken);
        archive.Start(head.Size);
        return head;
    }

    /// <summary>Publishes the tree; nothing is done where it has not grown.</summary>
    public async Task<bool> PublishAsync(
        NpgsqlConnection holder, CompactRange range, CancellationToken cancellationToken)
    {
        var behind = _directory is not null && _written < range.Size;
        if (range.Size == 0 || (range.Size == _published && !behind))
            return false;

        await archive.AppendAsync(range.Size, cancellationToken);
        if (_directory is not null)
            await WriteTilesAsync(_directory, range.Size, cancellationToken);
        var root = range.Root();
        var note = range.Size == _published
            ? (await rows.CheckpointAsync(cancellationToken))!.Note
            : new Checkpoint(keys.Origin, range.Size, root).Sign(keys.Signers).ToBytes();
        await using (var command = new NpgsqlCommand(StoreCheckpoint, holder))
        {
            NpgsqlParameter[] values =
                [Sql.Value(range.Size), Sql.Value(root), Sql.Value(note), Sql.Value(clock.GetUtcNow())];
            command.Parameters.AddRange(values);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        _directory?.WriteCheckpoint(note);
        (_written, _published) = (range.Size, range.Size);
        status.Published();
        return true;
    }

    /// <summary>Puts the newest checkpoint into the directory once more, with the cosignatures that have come since.</summary>
    public async Task RepublishAsync(CancellationToken cancellationToken)
    {
        if (_directory is not null && await rows.CheckpointAsync(cancellationToken) is { } newest && newest.Size == _written)
            _directory.WriteCheckpoint(newest.Note);
    }

    /// <summary>Every tile that grew since the last time, from committed rows.</summary>
    private async Task WriteTilesAsync(TileDirectory directory, long size, CancellationToken cancellationToken)
    {
        foreach (var level in TileLevel.Of(size))
        {
            var first = (_written >> (TilePath.LevelsPerTile * level.Level)) / TilePath.FullWidth;
            var end = level.FullTiles + (level.PartialWidth > 0 ? 1 : 0);
            for (var index = first; index < end; index++)
            {
                var tile = level.Tile(index);
                await WriteAsync(directory, tile, cancellationToken);
                if (level.Level == 0)
                    await WriteAsync(directory, TilePath.ForEntries(index, tile.Width), cancellationToken);
            }
        }
    }

    private async Task WriteAsync(TileDirectory directory, TilePath tile, CancellationToken cancellationToken) =>
        directory.Write(tile, await rows.TileAsync(tile, cancellationToken)
            ?? throw new LedgerIncidentException(LedgerIncidentException.HeadDiffers));

    private static void Require(bool holds, string code)
    {
        if (!holds)
            throw new LedgerIncidentException(code);
    }
}
