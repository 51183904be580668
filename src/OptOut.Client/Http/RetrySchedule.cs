namespace OptOut.Client.Http;

/// <summary>Whether a call is tried again, and after how long. Pure but for the jitter, which is given.</summary>
internal static class RetrySchedule
{
    /// <summary>
    /// Statuses after which the same call may fare better: asked to wait, in use elsewhere (an idempotency key whose first
    /// request still runs), or a failure on the way.
    /// </summary>
    public static bool MayPass(int status, string? code) =>
        status is 408 or 429 or 500 or 502 or 503 or 504 || (status == 409 && code == "idempotency_in_progress");

    /// <summary>
    /// The pause before the next try, null where there is none. What the service asks for is kept; where it asks for more
    /// than the caller would wait, the call ends.
    /// </summary>
    /// <param name="attempt">Tries made so far, at least 1.</param>
    /// <param name="retryAfter">What the service asked for.</param>
    /// <param name="options">Bounds and pauses.</param>
    /// <param name="jitter">0 to 1.</param>
    public static TimeSpan? Pause(int attempt, TimeSpan? retryAfter, OptOutClientOptions options, double jitter)
    {
        if (attempt >= options.MaxAttempts) return null;
        if (retryAfter > options.MaxRetryDelay) return null;
        var backoff = options.RetryDelay * Math.Pow(2, Math.Min(attempt - 1, 20));
        if (backoff > options.MaxRetryDelay) backoff = options.MaxRetryDelay;
        // Half of it is drawn, so that many callers that failed together do not come back together.
        var pause = backoff * (0.5 + jitter / 2);
        return retryAfter > pause ? retryAfter : pause;
    }
}
