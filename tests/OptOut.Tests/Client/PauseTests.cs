using OptOut.Client;
using OptOut.Client.Gate.Feed;
using OptOut.Client.Http;

namespace OptOut.Tests.Client;

/// <summary>How long the client waits between tries.</summary>
public sealed class PauseTests
{
    [Fact]
    public void Pauses_of_calls_double_with_jitter_up_to_their_bound()
    {
        var options = new OptOutClientOptions { MaxAttempts = 10 };
        Assert.Equal(TimeSpan.FromMilliseconds(100), RetrySchedule.Pause(1, null, options, 0));
        Assert.Equal(TimeSpan.FromMilliseconds(200), RetrySchedule.Pause(1, null, options, 1));
        Assert.Equal(TimeSpan.FromMilliseconds(1_600), RetrySchedule.Pause(4, null, options, 1));
        Assert.Equal(TimeSpan.FromSeconds(10), RetrySchedule.Pause(9, null, options, 1));
        Assert.Equal(TimeSpan.FromSeconds(7), RetrySchedule.Pause(1, TimeSpan.FromSeconds(7), options, 1));
        Assert.Null(RetrySchedule.Pause(1, TimeSpan.FromSeconds(11), options, 1));
        Assert.Null(RetrySchedule.Pause(10, null, options, 1));
    }

    [Fact]
    public void A_feed_that_worked_is_joined_again_soon_and_one_that_does_not_no_later_than_after_half_a_minute()
    {
        var backoff = new FeedBackoff();
        Assert.Equal(TimeSpan.FromMilliseconds(50), backoff.Next(new FeedEnding("connection_lost", Confirmed: true), 0));
        var longest = TimeSpan.Zero;
        for (var i = 0; i < 20; i++) longest = backoff.Next(new FeedEnding("unreachable"), 1);
        Assert.Equal(FeedBackoff.Longest, longest);
        Assert.Equal(FeedBackoff.LongestAsked,
            backoff.Next(new FeedEnding("unavailable", RetryAfter: TimeSpan.FromHours(1)), 1));
        Assert.Equal(FeedBackoff.Shortest, backoff.Next(new FeedEnding("closed", Confirmed: true), 1));
    }
}
