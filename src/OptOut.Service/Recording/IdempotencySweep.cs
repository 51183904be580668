using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Recording;

/// <summary>Removes answers that are past their 24 hours, and reversal tokens long spent or expired; a thousand at a time.</summary>
internal sealed partial class IdempotencySweep(Databases databases, TimeProvider clock, ILogger<IdempotencySweep> logger)
    : BackgroundService
{
    private const int MaxBatchesPerRun = 1_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    private static readonly string[] Statements =
    [
        """
        DELETE FROM optout.idempotency WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM optout.idempotency WHERE created_at < now() - interval '24 hours' LIMIT 1000))
        """,
        """
        DELETE FROM optout.reversal_token WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM optout.reversal_token WHERE expires_at < now() - interval '30 days' LIMIT 1000))
        """,
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                foreach (var statement in Statements)
                    await DeleteAsync(statement, stoppingToken);
            }
            catch (NpgsqlException exception)
            {
                LogSweepFailed(exception.SqlState);
            }
        }
    }

    private async Task DeleteAsync(string statement, CancellationToken cancellationToken)
    {
        for (var batch = 0; batch < MaxBatchesPerRun; batch++)
        {
            await using var command = databases.Main.CreateCommand(statement);
            if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
                return;
        }
    }

    [LoggerMessage(210, LogLevel.Warning, "Old idempotency answers could not be removed now: {SqlState}")]
    private partial void LogSweepFailed(string? sqlState);
}
