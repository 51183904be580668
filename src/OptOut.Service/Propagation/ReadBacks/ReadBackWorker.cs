using System.Collections.Concurrent;
using Npgsql;
using OptOut.Service.Propagation.Channels.Connector;
using OptOut.Service.Propagation.Dispatch;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.ReadBacks;

/// <summary>
/// Asks vendors some time after they applied a stop whether they still hold it: then it is verified, and where they have
/// forgotten it, it goes out again.
/// </summary>
internal sealed partial class ReadBackWorker(
    ReadBackStore store,
    ConnectorChannel channel,
    EventBuilder events,
    SystemDirectory systems,
    PartitionOwnership ownership,
    DispatchSignal dispatch,
    TimeProvider clock,
    ILogger<ReadBackWorker> logger) : BackgroundService
{
    /// <summary>Questions at once, over all systems; each system's own pace holds beside it.</summary>
    private const int Questions = 16;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Guid, Task> _asked = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await PassAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(exception.GetType().Name, (exception as PostgresException)?.SqlState);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            await Task.Delay(Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(_asked.Values);
    }

    private async Task PassAsync(CancellationToken stoppingToken)
    {
        using var lease = ownership.Enter();
        var known = await systems.RecentAsync(stoppingToken);
        var due = await store.DueAsync(known, lease.Parts, [.. _asked.Keys], Questions - _asked.Count, stoppingToken);
        foreach (var one in due.Where(d => !d.Delivery.System.IsPaused))
        {
            var held = ownership.Hold(one.Delivery.Part);
            _asked[one.Delivery.DeliveryId] = Task.Run(() => AskAsync(one, held, stoppingToken), CancellationToken.None);
        }
    }

    private async Task AskAsync(DueReadBack due, PartitionLease held, CancellationToken stoppingToken)
    {
        try
        {
            using (held)
                await AskAsync(due, stoppingToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The row is still due: it is asked again.
            LogFailed(exception.GetType().Name, (exception as PostgresException)?.SqlState);
        }
        catch (OperationCanceledException)
        {
            // The service stops; the row is still due.
        }
        finally
        {
            _asked.TryRemove(due.Delivery.DeliveryId, out _);
        }
    }

    private async Task AskAsync(DueReadBack due, CancellationToken stoppingToken)
    {
        if (due.Delivery.System.IsRetired || due.Delivery.State != DeliveryStates.Applied || due.Delivery.IsOutdated)
        {
            await store.DropAsync(due.Delivery.DeliveryId, stoppingToken);
            return;
        }

        // Somebody whose identifiers cannot be read now is asked about later, and not for ever.
        var built = await events.BuildAsync([due.Delivery], stoppingToken);
        var result = built.Outgoing is [var outgoing]
            ? await channel.ReadBackAsync(outgoing, stoppingToken)
            : ReadBackResult.Nothing(clock.GetUtcNow());
        if (result is null)
        {
            if (!stoppingToken.IsCancellationRequested)
                await store.DropAsync(due.Delivery.DeliveryId, stoppingToken);
            return;
        }

        if (!await store.StoreAsync(due, result, CancellationToken.None))
            return;
        LogForgotten(due.Delivery.System.Name);
        dispatch.Wake();
    }

    [LoggerMessage(350, LogLevel.Warning, "Reading back failed with {ErrorType} {SqlState}; it is repeated")]
    private partial void LogFailed(string errorType, string? sqlState);

    [LoggerMessage(351, LogLevel.Warning, "{System} has forgotten a stop that it had applied; it goes out again")]
    private partial void LogForgotten(string system);
}
