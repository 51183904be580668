namespace OptOut.Client.Gate.Feed;

/// <summary>
/// Pauses between connections: 100 ms after one that worked, doubling to 5 s while none does, half of each drawn so that
/// many gates do not come back together.
/// </summary>
internal sealed class FeedBackoff
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>However long the service asks to wait: a copy does not get better by waiting.</summary>
    public static readonly TimeSpan LongestAsked = TimeSpan.FromSeconds(30);

    private int _failures;

    public TimeSpan Next(FeedEnding ending, double jitter)
    {
        _failures = ending.Confirmed ? 0 : Math.Min(_failures + 1, 10);
        var pause = Shortest * Math.Pow(2, Math.Max(0, _failures - 1));
        if (pause > Longest) pause = Longest;
        pause *= 0.5 + jitter / 2;
        var asked = ending.RetryAfter > LongestAsked ? LongestAsked : ending.RetryAfter;
        return asked > pause ? asked.Value : pause;
    }
}
