using OptOut.Cli.Running;
using OptOut.Ledger;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Tiles;
using OptOut.Ledger.Tree;

namespace OptOut.Cli.Verification;

/// <summary>
/// Computes a published log again, leaf by leaf, and compares it with its tiles, its signed checkpoint, and an older
/// checkpoint that somebody kept. Nothing is taken from the log but bytes.
/// </summary>
internal sealed class LogVerifier(ILogSource source, IReadOnlyList<NoteVerifier> keys)
{
    /// <summary>More are not told: one bad leaf is enough to act on.</summary>
    private const int MaxFaults = 100;

    private readonly List<string> _faults = [];
    private readonly Dictionary<int, (long Tile, IReadOnlyList<byte[]> Hashes)> _upper = [];

    private long? _firstBad;
    private long _read;
    private long _redacted;

    public async Task<Checkpoint> ReadCheckpointAsync(CancellationToken cancellationToken) =>
        Read(await source.ReadAsync("checkpoint", cancellationToken)
            ?? throw CommandException.CouldNot("There is no checkpoint: nothing has been published."), "The checkpoint");

    /// <summary>A checkpoint that a known key signed.</summary>
    /// <exception cref="CommandException">It is none.</exception>
    public Checkpoint Read(byte[] note, string what)
    {
        try
        {
            var signed = SignedNote.Parse(note);
            var verdict = signed.Check(keys).Verdict;
            return verdict == NoteVerdict.Verified
                ? Checkpoint.Parse(signed.Text)
                : throw new CommandException(ExitCodes.DoesNotHold, $"{what} is not signed by a known key ({verdict}).");
        }
        catch (FormatException)
        {
            throw new CommandException(ExitCodes.DoesNotHold, $"{what} is no signed checkpoint.");
        }
    }

    /// <param name="older">A checkpoint of earlier; the log must continue it.</param>
    public async Task<LogReport> VerifyAsync(
        Checkpoint head, Checkpoint? older, IProgress<long> progress, CancellationToken cancellationToken)
    {
        if (older is not null && older.Origin != head.Origin)
            Fault($"The older checkpoint is of another log, {older.Origin}.", null);
        if (older is not null && older.Size > head.Size)
            Fault($"The log has shrunk from {older.Size} to {head.Size} leaves.", head.Size);

        var range = new CompactRange();
        var levels = TileLevel.Of(head.Size);
        while (range.Size < head.Size && _faults.Count < MaxFaults)
        {
            var tile = levels[0].Tile(range.Size / TilePath.FullWidth);
            foreach (var hash in await ReadLeavesAsync(tile, range.Size, cancellationToken))
            {
                var completed = new List<(NodeAddress Node, byte[] Root)>();
                range.Append(hash, (node, root) => completed.Add((node, root)));
                foreach (var (node, root) in completed)
                    await CompareUpperAsync(levels, node, root, range.Size, cancellationToken);
                if (older is not null && range.Size == older.Size && !range.Root().AsSpan().SequenceEqual(older.Root.Span))
                    Fault($"The first {older.Size} leaves are not those that the older checkpoint signed.", null);
            }

            progress.Report(range.Size);
        }

        if (range.Size == head.Size && !range.Root().AsSpan().SequenceEqual(head.Root.Span))
            Fault("The leaves do not give the root that the checkpoint signs.", null);
        return new LogReport(_faults.Count == 0, head.Origin, head.Size, Convert.ToBase64String(head.Root.Span), _read,
            _redacted, _firstBad, _faults);
    }

    /// <summary>The hashes of one tile's leaves: computed where the leaves can be read, else as published.</summary>
    private async Task<IReadOnlyList<byte[]>> ReadLeavesAsync(
        TilePath tile, long first, CancellationToken cancellationToken)
    {
        var published = await ReadTileAsync(tile, first, cancellationToken);
        if (!source.HasEntries)
            return published;

        var leaves = await ReadBundleAsync(TilePath.ForEntries(tile.Index, tile.Width), first, cancellationToken);
        var hashes = new byte[tile.Width][];
        for (var i = 0; i < hashes.Length; i++)
        {
            // An emptied leaf has no bytes; that it stood here is what its published hash says.
            var isRedacted = leaves[i].Length == 0;
            hashes[i] = isRedacted ? published[i] : MerkleTree.HashLeaf(leaves[i]);
            if (isRedacted)
                _redacted++;
            else
                _read++;
            if (!hashes[i].AsSpan().SequenceEqual(published[i]))
                Fault($"Leaf {first + i} is not the one whose hash was published.", first + i);
        }

        return hashes;
    }

    private async Task<IReadOnlyList<byte[]>> ReadTileAsync(TilePath tile, long first, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ReadAsync(tile.ToString(), cancellationToken) is { } bytes
                ? HashTile.Decode(bytes, tile.Width)
                : throw new FormatException("It is missing.");
        }
        catch (FormatException)
        {
            throw new CommandException(ExitCodes.DoesNotHold, $"{tile} is missing or malformed, from leaf {first} on.");
        }
    }

    private async Task<IReadOnlyList<byte[]>> ReadBundleAsync(TilePath tile, long first, CancellationToken cancellationToken)
    {
        try
        {
            return await source.ReadAsync(tile.ToString(), cancellationToken) is { } bytes
                && EntryBundle.Decode(bytes) is var leaves && leaves.Count == tile.Width
                    ? leaves
                    : throw new FormatException("It is missing or has another width.");
        }
        catch (FormatException)
        {
            throw new CommandException(ExitCodes.DoesNotHold, $"{tile} is missing or malformed, from leaf {first} on.");
        }
    }

    /// <summary>The tiles above the leaves hold what proofs are built from: they must say the same.</summary>
    private async Task CompareUpperAsync(
        IReadOnlyList<TileLevel> levels, NodeAddress node, byte[] root, long size, CancellationToken cancellationToken)
    {
        if (node.Level == 0 || node.Level % TilePath.LevelsPerTile != 0)
            return;
        var level = node.Level / TilePath.LevelsPerTile;
        var tile = levels[level].Tile(node.Index / TilePath.FullWidth);
        if (!_upper.TryGetValue(level, out var held) || held.Tile != tile.Index)
            _upper[level] = held = (tile.Index, await ReadTileAsync(tile, size - 1, cancellationToken));
        if (!held.Hashes[(int)(node.Index % TilePath.FullWidth)].AsSpan().SequenceEqual(root))
            Fault($"{tile} does not say what the leaves up to {size - 1} give.", null);
    }

    private void Fault(string words, long? leaf)
    {
        if (_faults.Count < MaxFaults)
            _faults.Add(words);
        if (leaf is { } index && (_firstBad is null || index < _firstBad))
            _firstBad = index;
    }
}
