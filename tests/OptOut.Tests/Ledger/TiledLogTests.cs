using OptOut.Ledger;
using OptOut.Ledger.Notes;
using OptOut.Ledger.Proofs;
using OptOut.Ledger.Tiles;
using OptOut.Ledger.Tree;

namespace OptOut.Tests.Ledger;

/// <summary>A whole published log of another implementation: its entries, tiles and sixteen checkpoints.</summary>
public sealed class TiledLogTests
{
    private const string Vkey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

    [Fact]
    public void Every_checkpoint_of_the_published_log_is_signed_and_has_the_root_of_its_entries()
    {
        if (!PublicVectors.TryFind("tiled-log/log", out var log))
            return;

        var entries = EntryBundle.Decode(File.ReadAllBytes(Path.Combine(log, TilePath.OfEntry(0, 15).ToString())));
        Assert.Equal(15, entries.Count);
        var range = new CompactRange();
        for (var size = 0; size <= entries.Count; size++)
        {
            if (size > 0)
                range.Append(MerkleTree.HashLeaf(entries[size - 1]));

            var checkpoint = ReadCheckpoint(log, size);
            Assert.Equal(range.Root(), checkpoint.Root.ToArray());
        }
    }

    [Fact]
    public void Every_pair_of_its_checkpoints_is_consistent_and_every_entry_is_in_each()
    {
        if (!PublicVectors.TryFind("tiled-log/log", out var log))
            return;

        var pairs = 0;
        for (var to = 1; to <= 15; to++)
        {
            var reader = new TileNodeReader(to, tile => File.ReadAllBytes(Path.Combine(log, tile.ToString())));
            var bundle = EntryBundle.Decode(File.ReadAllBytes(Path.Combine(log, TilePath.OfEntry(0, to).ToString())));
            var root = ReadCheckpoint(log, to).Root.Span;
            for (var from = 1; from <= to; from++, pairs++)
            {
                var proof = ConsistencyProof.Build(from, to, reader.Read);
                Assert.True(proof.Verify(ReadCheckpoint(log, from).Root.Span, root));
            }

            for (var index = 0; index < to; index++)
            {
                var proof = InclusionProof.Build(index, to, reader.Read);
                Assert.True(proof.Verify(MerkleTree.HashLeaf(bundle[index]), root));
            }
        }

        Assert.Equal(120, pairs);
    }

    private static Checkpoint ReadCheckpoint(string log, int size)
    {
        var note = SignedNote.Parse(File.ReadAllBytes(Path.Combine(log, $"checkpoint.{size}")));
        Assert.Equal(NoteVerdict.Verified, note.Check([NoteVerifier.Parse(Vkey)]).Verdict);
        var checkpoint = Checkpoint.Parse(note.Text);
        Assert.Equal(("example.com/log/testdata", (long)size), (checkpoint.Origin, checkpoint.Size));
        return checkpoint;
    }
}
