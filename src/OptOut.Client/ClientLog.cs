using Microsoft.Extensions.Logging;
using OptOut.Client.Gate.Snapshots;

namespace OptOut.Client;

/// <summary>Everything the client says. No identifier, no hash, no key, no body, no address, no exception's message.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1, LogLevel.Information, "The suppression feed ended: {Cause}; trying again in {PauseMs} ms")]
    internal static partial void FeedEnded(this ILogger log, string cause, long pauseMs);

    [LoggerMessage(2, LogLevel.Error, "Following the suppression feed failed with {Failure}")]
    internal static partial void FeedFailed(this ILogger log, string failure);

    [LoggerMessage(3, LogLevel.Warning, "The wall clock ran {Seconds} s ahead; the gate answers unknown until the feed confirms its copy")]
    internal static partial void ClockJumped(this ILogger log, long seconds);

    [LoggerMessage(4, LogLevel.Information, "The gate's snapshot holds {Entries} entries; asking for what came after")]
    internal static partial void SnapshotLoaded(this ILogger log, long entries);

    [LoggerMessage(5, LogLevel.Information, "There is no snapshot of the gate; asking for the whole list")]
    internal static partial void SnapshotMissing(this ILogger log);

    [LoggerMessage(6, LogLevel.Warning, "The gate's snapshot is not used: {Refusal}; asking for the whole list")]
    internal static partial void SnapshotRefused(this ILogger log, SnapshotRefusal refusal);

    [LoggerMessage(7, LogLevel.Debug, "The gate's snapshot was written, {Entries} entries")]
    internal static partial void SnapshotWritten(this ILogger log, long entries);

    [LoggerMessage(8, LogLevel.Warning, "The gate's snapshot was not written: {Failure}")]
    internal static partial void SnapshotNotWritten(this ILogger log, string failure);

    [LoggerMessage(9, LogLevel.Warning, "{Stops} stops that the gate found could not be reported: {Failure}")]
    internal static partial void StopsNotReported(this ILogger log, int stops, string failure);

    [LoggerMessage(10, LogLevel.Warning, "A message was not sent: the gate answered {Answer} for {Purpose} by {Channel}")]
    internal static partial void MessageStopped(this ILogger log, SuppressionAnswer answer, string purpose, string channel);
}
