using OptOut.Service.Propagation.Acknowledgements;
using OptOut.Tests.Access;

namespace OptOut.Tests.Propagation;

public sealed class RejectionBudgetTests
{
    private readonly HandClock _clock = new();

    [Fact]
    public void Each_system_has_a_hundred_a_minute_of_its_own_and_all_unknown_senders_have_one_hundred_together()
    {
        var budget = new RejectionBudget(_clock);

        foreach (var sender in (int?[])[7, 8, null])
            Assert.Equal(RejectionBudget.RowsAMinute, Enumerable.Range(0, 500).Count(_ => budget.TryTake(sender)));
    }

    [Fact]
    public void A_minute_later_there_is_room_again()
    {
        var budget = new RejectionBudget(_clock);
        while (budget.TryTake(7))
        {
        }

        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.False(budget.TryTake(7));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(budget.TryTake(7));
    }
}
