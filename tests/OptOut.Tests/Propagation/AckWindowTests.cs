using OptOut.Service.Propagation.Channels.RabbitMq;

namespace OptOut.Tests.Propagation;

public sealed class AckWindowTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    [Fact]
    public void What_is_settled_without_a_gap_goes_with_one_frame()
    {
        var window = new AckWindow(Patience);
        foreach (ulong tag in (ulong[])[3, 1, 2, 5])
            window.Add(tag, TimeSpan.Zero);

        var due = window.Take(TimeSpan.Zero);

        Assert.Equal(3ul, due.UpTo);
        Assert.Empty(due.Singly);
        Assert.False(window.IsIdle);
    }

    [Fact]
    public void A_message_that_is_not_stored_is_never_covered_and_holds_others_back_for_a_while_only()
    {
        var window = new AckWindow(Patience);
        for (ulong tag = 2; tag <= 10; tag++)
            window.Add(tag, TimeSpan.Zero);

        Assert.True(window.Take(Patience / 2).IsEmpty);
        var due = window.Take(Patience);

        Assert.Null(due.UpTo);
        Assert.Equal([2, 3, 4, 5, 6, 7, 8, 9, 10], due.Singly);
        Assert.True(window.IsIdle);
    }

    [Fact]
    public void A_message_that_is_stored_at_last_frees_those_behind_it()
    {
        var window = new AckWindow(Patience);
        window.Add(2, TimeSpan.Zero);
        Assert.True(window.Take(TimeSpan.Zero).IsEmpty);
        window.Add(1, TimeSpan.Zero);

        Assert.Equal(2ul, window.Take(TimeSpan.Zero).UpTo);
        Assert.True(window.Take(TimeSpan.Zero).IsEmpty);
    }

    [Fact]
    public void A_message_given_back_to_the_broker_holds_nothing_back()
    {
        var window = new AckWindow(Patience);
        window.Settled(1);
        window.Add(2, TimeSpan.Zero);

        Assert.Equal(2ul, window.Take(TimeSpan.Zero).UpTo);
    }

    [Fact]
    public void In_any_order_every_message_goes_once_and_none_before_it_is_stored()
    {
        var random = new Random(7);
        var window = new AckWindow(Patience);
        ulong[] tags = [.. Enumerable.Range(1, 2_000).Select(tag => (ulong)tag)];
        random.Shuffle(tags);
        var stored = new HashSet<ulong>();
        var acknowledged = new HashSet<ulong>();
        var now = TimeSpan.Zero;
        foreach (var tag in tags)
        {
            now += TimeSpan.FromMilliseconds(1);
            window.Add(tag, now);
            stored.Add(tag);
            if (random.Next(5) > 0)
                continue;
            var due = window.Take(now);
            for (ulong covered = 1; covered <= (due.UpTo ?? 0); covered++)
                Assert.Contains(covered, stored);
            for (ulong covered = 1; covered <= (due.UpTo ?? 0); covered++)
                acknowledged.Add(covered);
            Assert.All(due.Singly, single => Assert.True(stored.Contains(single) && acknowledged.Add(single)));
        }

        var rest = window.Take(now + Patience);
        Assert.Empty(rest.Singly);
        Assert.True(window.IsIdle);
        Assert.Superset(stored.Where(tag => tag > (rest.UpTo ?? 0)).ToHashSet(), acknowledged);
    }
}
