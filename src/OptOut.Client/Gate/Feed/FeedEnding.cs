namespace OptOut.Client.Gate.Feed;

/// <summary>How one connection ended, and what the next one begins with.</summary>
/// <param name="Cause">A code for the status and the log.</param>
/// <param name="Confirmed">Whether the copy was confirmed on it: then the next try comes soon.</param>
/// <param name="RetryAfter">What the service asked for.</param>
/// <param name="KeepsCopy">Whether the copy held may be continued; else the whole list is asked for.</param>
internal sealed record FeedEnding(string Cause, bool Confirmed = false, TimeSpan? RetryAfter = null, bool KeepsCopy = true);
