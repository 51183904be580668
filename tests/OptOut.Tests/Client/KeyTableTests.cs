using System.Buffers.Binary;
using System.Security.Cryptography;
using OptOut.Client.Gate.Table;

namespace OptOut.Tests.Client;

/// <summary>The table that readers look into while the feed writes it.</summary>
public sealed class KeyTableTests
{
    [Fact]
    public void What_was_put_is_found_and_nothing_else()
    {
        var table = new KeyTable();
        for (var i = 0; i < 200_000; i++) table.Put(Hash(i), i % 7, i);
        Assert.Equal(200_000, table.Count);
        for (var i = 0; i < 200_000; i++) Assert.Equal(i % 7, table.Find(Hash(i)));
        for (var i = 200_000; i < 300_000; i++) Assert.Equal(-1, table.Find(Hash(i)));
        Assert.Equal(200_000, table.Entries().Select(entry => entry.Hash).Distinct().Count());
    }

    [Fact]
    public void An_older_version_changes_nothing()
    {
        var table = new KeyTable();
        table.Put(Hash(1), 3, 10);
        table.Put(Hash(1), 4, 9);
        Assert.Equal(3, table.Find(Hash(1)));
        table.Put(Hash(1), 5, 10);
        Assert.Equal(5, table.Find(Hash(1)));
        Assert.Equal(1, table.Count);
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(1_300_000)]
    public void A_key_takes_no_more_than_48_bytes(int keys)
    {
        var table = new KeyTable();
        for (var i = 0; i < keys; i++) table.Put(Hash(i), 1, 1);
        Assert.InRange(table.Bytes / (double)keys, 30, 48);
    }

    /// <summary>Readers take no lock: a stop that stands must be seen in every moment of growing and changing.</summary>
    [Fact]
    public async Task A_standing_stop_is_seen_in_every_moment_while_others_come_and_go()
    {
        const int Standing = 5_000;
        var table = new KeyTable();
        for (var i = 0; i < Standing; i++) table.Put(Hash(i), 1, 1);
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(seed => Task.Run(() =>
        {
            var reads = 0;
            for (var i = seed; !done.IsCancellationRequested || reads < Standing; i++, reads++)
                if (table.Find(Hash(i % Standing)) is not (1 or 2)) return false;
            return true;
        })).ToArray();

        for (var i = 0; i < 300_000; i++)
        {
            table.Put(Hash(Standing + i), 0, 1);
            if (i % 10 == 0) table.Put(Hash(i % Standing), 1 + i / 10 % 2, i + 2);
        }

        await done.CancelAsync();
        Assert.All(await Task.WhenAll(readers), Assert.True);
    }

    [Theory]
    [InlineData("q83vEjRWeJCrze8SNFZ4kA", true)]
    [InlineData("q83vEjRWeJCrze8SNFZ4kA==", false)]
    [InlineData("q83vEjRWeJCrze8SNFZ4k", false)]
    [InlineData("q83vEjRWeJCrze8SNFZ4k+", false)]
    public void A_hash_is_sixteen_bytes_in_base64url(string text, bool isOne) =>
        Assert.Equal(isOne, FeedHash.TryParse(System.Text.Encoding.ASCII.GetBytes(text), out _));

    private static FeedHash Hash(int number)
    {
        Span<byte> bytes = stackalloc byte[32];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        SHA256.HashData(bytes[..4], bytes);
        return FeedHash.From(bytes);
    }
}
