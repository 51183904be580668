using Npgsql;
using OptOut.Ledger;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Tiles;
using OptOut.Ledger.Tree;

namespace OptOut.Service.Audit.Checking;

/// <summary>
/// Computes the whole tree again from the leaves' bytes and compares it with everything that was derived from it: stored
/// hashes, tiles, the head, every signed checkpoint, and the published directory. A superuser can disable triggers; this
/// finds what they did, and names the leaf.
/// </summary>
/// <param name="keys">The log's public keys; none: signatures are not checked, and that is a fault where there is a checkpoint.</param>
/// <param name="directory">The published directory; null: the rows are compared with themselves only.</param>
internal sealed class LedgerAudit(NpgsqlDataSource database, IReadOnlyList<NoteVerifier> keys, string? directory)
{
    public const string IndexGap = "index_gap";
    public const string LeafEdited = "leaf_edited";
    public const string LeafDiffersFromPublished = "leaf_differs_from_published";
    public const string TileDiffers = "tile_differs";
    public const string CheckpointDiffers = "checkpoint_differs";
    public const string CheckpointUnsigned = "checkpoint_unsigned";
    public const string CheckpointAhead = "checkpoint_ahead";
    public const string HeadDiffers = "head_differs";

    private const int ProgressStep = 1000;

    private readonly PublishedHashes _published = new(directory);

    public async Task<AuditReport> RunAsync(CancellationToken cancellationToken, IProgress<long>? progress = null)
    {
        var report = new AuditReport();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        // One snapshot, so that what is sequenced meanwhile does not look like a contradiction.
        await using var transaction = await connection.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var tiles = await ReadTilesAsync(connection, cancellationToken);
        var checkpoints = await ReadCheckpointsAsync(connection, report, cancellationToken);
        var range = await RecomputeAsync(connection, tiles, checkpoints, report, progress, cancellationToken);
        if (checkpoints.Keys.Any(size => size > range.Size))
            report.Add(CheckpointAhead, range.Size);
        if (tiles.Count > 0)
            report.Add(TileDiffers, tiles.Keys.Min(tile => (tile.Index + 1) << (TilePath.LevelsPerTile * (tile.Level + 1))) - 1);
        await CompareHeadAsync(connection, range, report, cancellationToken);
        return report;
    }

    private async Task<CompactRange> RecomputeAsync(
        NpgsqlConnection connection,
        Dictionary<(int Level, long Index), byte[]> tiles,
        Dictionary<long, byte[]> checkpoints,
        AuditReport report,
        IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        var range = new CompactRange();
        await using var command = new NpgsqlCommand(
            "SELECT entry_index, entry_id, leaf, leaf_hash FROM ledger.entry ORDER BY entry_index", connection)
        {
            CommandTimeout = 0,
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (index, id) = (reader.GetInt64(0), reader.GetGuid(1));
            if (index != range.Size)
            {
                report.Add(IndexGap, range.Size);
                break;
            }

            var stored = reader.GetFieldValue<byte[]>(3);
            var hash = reader.IsDBNull(2) ? stored : MerkleTree.HashLeaf(reader.GetFieldValue<byte[]>(2));
            if (!hash.AsSpan().SequenceEqual(stored))
                report.Add(LeafEdited, index, id);
            else if (_published.Differs(index, hash))
                report.Add(LeafDiffersFromPublished, index, id);
            range.Append(hash, (node, root) => CompareTile(node, root, tiles, report, index));
            if (checkpoints.Remove(range.Size, out var signed) && !signed.AsSpan().SequenceEqual(range.Root()))
                report.Add(CheckpointDiffers, index, id);
            if (++report.Read % ProgressStep == 0)
                progress?.Report(report.Read);
        }

        return range;
    }

    private static void CompareTile(
        NodeAddress node, byte[] root, Dictionary<(int Level, long Index), byte[]> tiles, AuditReport report, long index)
    {
        if (node.Level == 0 || node.Level % TilePath.LevelsPerTile != 0)
            return;
        if (!tiles.Remove((node.Level / TilePath.LevelsPerTile - 1, node.Index), out var stored)
            || !stored.AsSpan().SequenceEqual(root))
            report.Add(TileDiffers, index);
    }

    private static async Task<Dictionary<(int Level, long Index), byte[]>> ReadTilesAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        Dictionary<(int, long), byte[]> tiles = [];
        await using var command = new NpgsqlCommand("SELECT level, tile_index, root FROM ledger.tile", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            tiles[(reader.GetInt16(0), reader.GetInt64(1))] = reader.GetFieldValue<byte[]>(2);
        return tiles;
    }

    /// <summary>The root that each checkpoint signed, by size; what is not signed by our keys is a fault.</summary>
    private async Task<Dictionary<long, byte[]>> ReadCheckpointsAsync(
        NpgsqlConnection connection, AuditReport report, CancellationToken cancellationToken)
    {
        Dictionary<long, byte[]> checkpoints = [];
        await using var command = new NpgsqlCommand("SELECT size, note FROM ledger.checkpoint", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var size = reader.GetInt64(0);
            if (Signed(reader.GetFieldValue<byte[]>(1)) is { } checkpoint && checkpoint.Size == size)
                checkpoints[size] = checkpoint.Root.ToArray();
            else
                report.Add(CheckpointUnsigned, size - 1);
        }

        return checkpoints;
    }

    private Checkpoint? Signed(byte[] note)
    {
        try
        {
            var signed = SignedNote.Parse(note);
            return signed.Check(keys).Verdict == NoteVerdict.Verified ? Checkpoint.Parse(signed.Text) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static async Task CompareHeadAsync(
        NpgsqlConnection connection, CompactRange range, AuditReport report, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT size, edge FROM ledger.head", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken) || reader.GetInt64(0) != range.Size
            || !reader.GetFieldValue<byte[][]>(1).SelectMany(hash => hash).SequenceEqual(range.Edge.SelectMany(hash => hash)))
            report.Add(HeadDiffers, range.Size);
    }
}
