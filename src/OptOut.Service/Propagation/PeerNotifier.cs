using Npgsql;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Propagation;

/// <summary>
/// Tells other replicas of commits, on a connection of its own and at most every ten milliseconds:
/// a NOTIFY inside each business transaction would halve the commits. What it misses, their poll each second finds.
/// </summary>
internal sealed partial class PeerNotifier(
    Databases databases, DispatchSignal dispatch, PartitionOwnership ownership, TimeProvider clock, ILogger<PeerNotifier> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await dispatch.NextForPeersAsync().WaitAsync(stoppingToken);
            if (ownership.HasPeers)
                await NotifyAsync(stoppingToken);
            await Task.Delay(Pace, clock, stoppingToken);
        }
    }

    private async Task NotifyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = databases.Main.CreateCommand($"NOTIFY {PartitionOwnership.WakeChannel}");
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotSent(exception.GetType().Name, (exception as PostgresException)?.SqlState);
        }
    }

    [LoggerMessage(310, LogLevel.Debug, "Other replicas could not be told now: {ErrorType} {SqlState}")]
    private partial void LogNotSent(string errorType, string? sqlState);
}
