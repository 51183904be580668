using System.Collections.Concurrent;
using OptOut.Service.Platform.Http;
using OptOut.Service.Platform.Telemetry;

namespace OptOut.Service.Enforcement.Asking;

/// <summary>
/// How many questions a key has left in the present minute. Whoever holds a list of addresses could otherwise find out at
/// leisure who is on ours; what is refused is logged with the key.
/// </summary>
internal sealed partial class QuestionLimiter(
    EnforcementOptions options, TimeProvider clock, ILogger<QuestionLimiter> logger)
{
    private const string Policy = "questions";
    private const int MaxKeys = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Count> _byKey = new(StringComparer.Ordinal);

    /// <summary>Takes this many; says the limit in the answer's headers, and refuses where too few are left.</summary>
    public Problem? Take(HttpContext http, string keyId, int questions)
    {
        var (taken, left, reset) = TryTake(keyId, questions);
        RateLimitHeaders.Set(http, Policy, options.QuestionsPerMinute, Window, left, reset);
        if (taken)
            return null;
        OptOutTelemetry.QuestionsRefused();
        LogRefused(keyId, questions);
        return new Problem(ProblemKinds.TooManyRequests, "This key has asked too much for now.", RetryAfter: reset);
    }

    /// <summary>Takes this many as soon as there are so many left: a stream is slowed down, never cut off.</summary>
    public async ValueTask TakeAsync(string keyId, int questions, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (taken, _, reset) = TryTake(keyId, questions);
            if (taken)
                return;
            LogRefused(keyId, questions);
            await Task.Delay(reset, clock, cancellationToken);
        }
    }

    private (bool Taken, int Left, TimeSpan Reset) TryTake(string keyId, int questions)
    {
        // Keys are few; should there be very many, counting starts anew.
        if (_byKey.Count >= MaxKeys)
            _byKey.Clear();
        var count = _byKey.GetOrAdd(keyId, static _ => new Count());
        lock (count)
        {
            var now = clock.GetTimestamp();
            var age = count.Since is 0 ? Window : clock.GetElapsedTime(count.Since, now);
            if (age >= Window)
                (count.Since, count.Asked, age) = (now, 0, TimeSpan.Zero);
            var left = options.QuestionsPerMinute - count.Asked;
            if (questions > left)
                return (false, left, Window - age);
            count.Asked += questions;
            return (true, left - questions, Window - age);
        }
    }

    private sealed class Count
    {
        public long Since { get; set; }

        public int Asked { get; set; }
    }

    [LoggerMessage(702, LogLevel.Warning, "Key {KeyId} asks more than its questions of this minute: {Count} refused or put off")]
    private partial void LogRefused(string keyId, int count);
}
