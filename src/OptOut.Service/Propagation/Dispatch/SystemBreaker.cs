using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Propagation.Channels;
using OptOut.Service.Propagation.Redrives;

namespace OptOut.Service.Propagation.Dispatch;

/// <summary>
/// Stops calls to a system that keeps failing, and never its rows. It lives in the database, so every replica sees the
/// same one and a restart forgets nothing. One delivery is tried every five seconds; when a try works, everything that
/// waited goes at once.
/// </summary>
internal sealed partial class SystemBreaker(
    Databases databases, RedriveSignal redrives, TimeProvider clock, ILogger<SystemBreaker> logger)
{
    /// <summary>How often one delivery is tried while calls are stopped.</summary>
    public static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(5);

    /// <summary>Failed calls in a row, whatever they were about, that stop further ones.</summary>
    public const int FailuresInARow = 5;

    /// <summary>The same, where one delivery has failed as often: its next step would be minutes away.</summary>
    public const int FailuresOfOne = 2;

    /// <summary>One answer keeps a whole system waiting no longer than this; its own delivery waits as long as it said.</summary>
    public static readonly TimeSpan LongestHold = TimeSpan.FromHours(1);

    private static readonly string Failed =
        $"""
        UPDATE optout.system_status SET
            failures = least(failures + 1, 1000000),
            hold_until = CASE WHEN $3 > 0 THEN greatest(hold_until, now() + $3 * interval '1 millisecond') ELSE hold_until END,
            breaker_opened_at = coalesce(breaker_opened_at, CASE WHEN {Opens} THEN now() END),
            breaker_probe_at = coalesce(breaker_probe_at,
                CASE WHEN {Opens} THEN now() + $4 * interval '1 millisecond' END)
        WHERE system_id = $1
        RETURNING breaker_opened_at = now()
        """;

    private static string Opens =>
        $"(failures + 1 >= {FailuresInARow} OR ($2 >= {FailuresOfOne} AND failures + 1 >= {FailuresOfOne}))";

    // A hold stays: another call may just have been told to wait.
    private const string Worked =
        """
        WITH was AS MATERIALIZED (
            SELECT system_id, breaker_opened_at FROM optout.system_status
            WHERE system_id = $1 AND (failures > 0 OR breaker_opened_at IS NOT NULL) FOR NO KEY UPDATE),
        healed AS (
            UPDATE optout.system_status t SET failures = 0, breaker_opened_at = NULL, breaker_probe_at = NULL
            FROM was WHERE t.system_id = was.system_id)
        INSERT INTO optout.redrive (redrive_id, system_id, kind, requested_by, started_at)
        SELECT $2, system_id, 'healed', 'svc:dispatch', now() FROM was WHERE breaker_opened_at IS NOT NULL
        """;

    /// <summary>Counts a call's outcome.</summary>
    public Task HeardAsync(ClaimedDelivery delivery, AttemptResult result) =>
        result.Outcome is AttemptOutcome.Sent or AttemptOutcome.Acknowledged
            ? WorkedAsync(delivery)
            : FailedAsync(delivery, result.RetryAfter ?? TimeSpan.Zero);

    private async Task FailedAsync(ClaimedDelivery delivery, TimeSpan retryAfter)
    {
        var hold = retryAfter > LongestHold ? LongestHold : retryAfter;
        await using var command = databases.Main.CreateCommand(Failed);
        command.Parameters.Add(Sql.Value(delivery.System.Id));
        command.Parameters.Add(Sql.Value(delivery.Attempts + 1));
        command.Parameters.Add(Sql.Value((int)hold.TotalMilliseconds));
        command.Parameters.Add(Sql.Value((int)ProbeInterval.TotalMilliseconds));
        if (await command.ExecuteScalarAsync(CancellationToken.None) is true)
            LogOpened(delivery.System.Name);
    }

    private async Task WorkedAsync(ClaimedDelivery delivery)
    {
        await using var command = databases.Main.CreateCommand(Worked);
        command.Parameters.Add(Sql.Value(delivery.System.Id));
        command.Parameters.Add(Sql.Value(Guid.CreateVersion7(clock.GetUtcNow())));
        if (await command.ExecuteNonQueryAsync(CancellationToken.None) == 0)
            return;
        LogClosed(delivery.System.Name);
        redrives.Wake();
    }

    [LoggerMessage(332, LogLevel.Warning, "Calls to {System} are stopped after repeated failures; one is tried every 5 s")]
    private partial void LogOpened(string system);

    [LoggerMessage(333, LogLevel.Information, "{System} works again; what waited goes out")]
    private partial void LogClosed(string system);
}
