namespace OptOut.Subscriber.Processing;

/// <summary>Pauses that double up to a bound, spread by a fifth so that many failures do not return as one wave.</summary>
internal static class Backoff
{
    private const double Spread = 0.2;

    // 2^20 times any pause of ours is beyond every bound.
    private const int MaxDoublings = 20;

    internal static TimeSpan Pause(int attempt, OptOutSubscriberOptions options) =>
        Pause(attempt, options.RetryDelay, options.MaxRetryDelay, Random.Shared.NextDouble());

    /// <param name="attempt">The attempt to come: 2 is the first retry.</param>
    /// <param name="first">The first pause.</param>
    /// <param name="longest">The bound, before the spread.</param>
    /// <param name="chance">0 to 1.</param>
    internal static TimeSpan Pause(int attempt, TimeSpan first, TimeSpan longest, double chance)
    {
        var doubled = first * Math.Pow(2, Math.Clamp(attempt - 2, 0, MaxDoublings));
        var pause = doubled < longest ? doubled : longest;
        return pause * (1 - Spread + (2 * Spread * chance));
    }
}
