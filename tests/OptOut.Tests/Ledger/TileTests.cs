using System.Text.Json;
using OptOut.Ledger;
using OptOut.Ledger.Tiles;
using OptOut.Ledger.Tree;

namespace OptOut.Tests.Ledger;

public sealed class TileTests
{
    [Theory]
    [InlineData("tile/0/000")]
    [InlineData("tile/0/x001/x234/067.p/255")]
    [InlineData("tile/63/x999/x999/x999/x999/x999/999")]
    [InlineData("tile/entries/x001/000.p/1")]
    public void A_path_reads_back_as_it_is_written(string path) => Assert.Equal(path, TilePath.Parse(path).ToString());

    [Theory]
    [InlineData("tile/0/x000/001")]
    [InlineData("tile/00/000")]
    [InlineData("tile/+1/000")]
    [InlineData("tile/0/0000")]
    [InlineData("tile/0/00a")]
    [InlineData("tile/0/xx01/000")]
    [InlineData("tile/0/001/000")]
    [InlineData("tile/0/x001")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/00")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000.p/-1")]
    [InlineData("tile/64/000")]
    [InlineData("tile/0/000/")]
    [InlineData("/tile/0/000")]
    [InlineData("tile/0/../000")]
    [InlineData("tile/0")]
    [InlineData("tile/entries.p/3")]
    [InlineData("checkpoint")]
    [InlineData("")]
    public void Any_other_spelling_of_a_path_is_refused(string path) =>
        Assert.Throws<FormatException>(() => TilePath.Parse(path));

    [Fact]
    public void The_published_paths_come_out()
    {
        if (!PublicVectors.TryRead("tiles/tiles.json", out var vectors))
            return;

        foreach (var vector in vectors.GetProperty("entriesPathForLogIndex").EnumerateArray())
        {
            var bundle = TilePath.OfEntry(Number(vector, "seq"), Number(vector, "logSize"));
            Assert.Equal(Text(vector, "path"), bundle.ToString());
        }

        foreach (var vector in vectors.GetProperty("tilePath").EnumerateArray())
        {
            var partial = (int)Number(vector, "partial");
            var path = TilePath.ForHashes(
                (int)Number(vector, "level"), Number(vector, "index"), partial == 0 ? TilePath.FullWidth : partial);
            Assert.Equal(Text(vector, "path"), path.ToString());
        }
    }

    [Fact]
    public void The_published_paths_are_read_as_published()
    {
        if (!PublicVectors.TryRead("tiles/tiles.json", out var vectors))
            return;

        foreach (var vector in vectors.GetProperty("parse").EnumerateArray())
        {
            var path = $"tile/{Text(vector, "level")}/{Text(vector, "index")}";
            if (vector.GetProperty("wantErr").GetBoolean())
            {
                Assert.Throws<FormatException>(() => TilePath.Parse(path));
                continue;
            }

            var (tile, partial) = (TilePath.Parse(path), (int)Number(vector, "wantPartial"));
            Assert.Equal((int)Number(vector, "wantLevel"), tile.Level);
            Assert.Equal(Number(vector, "wantIndex"), tile.Index);
            Assert.Equal(partial == 0 ? TilePath.FullWidth : partial, tile.Width);
        }
    }

    [Fact]
    public void The_published_bundles_and_partial_tiles_are_read_as_published()
    {
        if (!PublicVectors.TryRead("tiles/tiles.json", out var vectors))
            return;

        foreach (var vector in vectors.GetProperty("bundleParse").EnumerateArray())
        {
            var bundle = PublicVectors.Hex(vector.GetProperty("hex"));
            if (vector.GetProperty("wantErr").GetBoolean())
                Assert.Throws<FormatException>(() => EntryBundle.Decode(bundle));
            else
                Assert.Equal(
                    vector.GetProperty("entries").EnumerateArray().Select(PublicVectors.Hex),
                    EntryBundle.Decode(bundle));
        }

        foreach (var vector in vectors.GetProperty("partialTilesForSize").GetProperty("cases").EnumerateArray())
        {
            var expected = vector.GetProperty("levels").EnumerateArray()
                .Select((level, i) => new TileLevel(i, Number(level, "full"), (int)Number(level, "partial")));
            Assert.Equal(expected, TileLevel.Of(Number(vector, "size")));
        }
    }

    [Fact]
    public void Tiles_and_bundles_give_back_what_went_in_and_refuse_other_lengths()
    {
        byte[][] small = [.. Enumerable.Range(0, 255).Select(i => new byte[i])];
        byte[][] leaves = [.. small, new byte[LedgerLeaf.MaxBytes]];
        var bundle = EntryBundle.Encode(leaves);
        Assert.Equal(leaves, EntryBundle.Decode(bundle));
        Assert.Throws<FormatException>(() => EntryBundle.Decode(bundle.AsSpan(..^1)));
        Assert.Throws<FormatException>(() => EntryBundle.Decode([.. bundle, 0, 0]));
        Assert.Throws<ArgumentException>(() => EntryBundle.Encode([.. leaves, []]));
        Assert.Throws<ArgumentException>(() => EntryBundle.Encode([new byte[LedgerLeaf.MaxBytes + 1]]));

        byte[][] hashes = [.. Enumerable.Range(0, 7).Select(i => MerkleTree.HashLeaf([(byte)i]))];
        var tile = HashTile.Encode(hashes);
        Assert.Equal(hashes, HashTile.Decode(tile, 7));
        Assert.Throws<FormatException>(() => HashTile.Decode(tile, 6));
        Assert.Throws<FormatException>(() => HashTile.Decode(tile.AsSpan(1), 7));
        Assert.Throws<ArgumentException>(() => HashTile.Encode([]));
        Assert.Throws<ArgumentException>(() => HashTile.Encode([new byte[31]]));
    }

    [Fact]
    public void Any_node_can_be_read_from_the_tiles_and_no_other()
    {
        const int size = 70_000;
        var nodes = new Dictionary<NodeAddress, byte[]>();
        var range = new CompactRange();
        for (var i = 0; i < size; i++)
            range.Append(MerkleTree.HashLeaf(BitConverter.GetBytes(i)), (node, hash) => nodes.Add(node, hash));

        var reader = new TileNodeReader(size, tile => HashTile.Encode(
            [.. Enumerable.Range(0, tile.Width).Select(i => nodes[TileHash(tile, i)])]));
        foreach (var node in nodes.Keys.Where(node => node.Level > 7 || node.Index % 997 == 0 || node.Index > size - 99))
            Assert.Equal(nodes[node], reader.Read(node));
        NodeAddress[] absent =
            [new(0, size), new(4, size >> 4), new(16, 1), new(17, 0), new(40, 0), new(0, -1), new(-1, 0)];
        Assert.All(absent, node => Assert.Throws<ArgumentOutOfRangeException>(() => reader.Read(node)));
    }

    private static NodeAddress TileHash(TilePath tile, int i) =>
        new(tile.Level!.Value * TilePath.LevelsPerTile, tile.Index * TilePath.FullWidth + i);

    private static string Text(JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    private static long Number(JsonElement vector, string name) => vector.GetProperty(name).GetInt64();
}
