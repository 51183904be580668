using OptOut.Client.Gate.Reports;

namespace OptOut.Tests.Client;

public sealed class BoundedRingTests
{
    [Fact]
    public void It_holds_as_many_as_it_says_in_order()
    {
        var ring = new BoundedRing<int>(3);
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 3; i++) Assert.True(ring.TryWrite(10 * round + i));
            Assert.False(ring.TryWrite(99));
            Assert.Equal(3, ring.Count);
            for (var i = 0; i < 3; i++)
            {
                Assert.True(ring.TryRead(out var item));
                Assert.Equal(10 * round + i, item);
            }

            Assert.False(ring.TryRead(out _));
        }
    }

    [Fact]
    public async Task Nothing_is_lost_or_doubled_between_many_writers_and_readers()
    {
        const int Each = 50_000;
        var ring = new BoundedRing<int>(64);
        var writers = Enumerable.Range(0, 3).Select(writer => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
                while (!ring.TryWrite(writer * Each + i)) Thread.Yield();
        })).ToArray();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var read = new List<int>();
            while (!Task.WhenAll(writers).IsCompleted || ring.Count > 0)
                if (ring.TryRead(out var item)) read.Add(item);
                else Thread.Yield();
            return read;
        })).ToArray();
        var all = (await Task.WhenAll(readers)).SelectMany(read => read).ToList();
        Assert.Equal(3 * Each, all.Count);
        Assert.Equal(3 * Each, all.Distinct().Count());
    }
}
