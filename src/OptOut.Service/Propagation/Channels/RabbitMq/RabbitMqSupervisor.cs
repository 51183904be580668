using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>
/// Keeps the connection: makes it, declares everything on it, and makes it again a second after it broke. The first
/// connection may come long after the start; nothing waits for it.
/// </summary>
internal sealed class RabbitMqSupervisor(
    RabbitMqOptions options,
    RabbitMqLink link,
    RabbitMqTopology topology,
    ISystemNames systems,
    TimeProvider clock,
    ILogger<RabbitMqSupervisor> logger) : BackgroundService
{
    // What the broker refused is looked at again: an operator may have put it right.
    private static readonly TimeSpan FaultRecheckInterval = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var factory = BrokerConnectionFactory.Create(options);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ConnectOnceAsync(factory, stoppingToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (BrokerTrouble.IsAway(exception, stoppingToken))
            {
                RabbitMqLog.ConnectFailed(logger, exception.GetType().Name);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Delay(options.ReconnectInterval, stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task ConnectOnceAsync(ConnectionFactory factory, CancellationToken stoppingToken)
    {
        var connection = await factory.CreateConnectionAsync(stoppingToken).ConfigureAwait(false);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, _) =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        try
        {
            link.Open(connection);
            RabbitMqLog.Connected(logger);
            while (connection.IsOpen && !stoppingToken.IsCancellationRequested)
            {
                var faulty = !await DeclareAsync(stoppingToken).ConfigureAwait(false);
                var recheck = faulty ? FaultRecheckInterval : Timeout.InfiniteTimeSpan;
                await Task.WhenAny(closed.Task, Delay(recheck, stoppingToken)).ConfigureAwait(false);
            }
        }
        finally
        {
            link.Close();
            await BrokerTrouble.DisposeQuietlyAsync(connection).ConfigureAwait(false);
            RabbitMqLog.Disconnected(logger);
        }
    }

    // True when nothing is left to put right.
    private async Task<bool> DeclareAsync(CancellationToken stoppingToken)
    {
        var (names, known) = await NamesAsync(stoppingToken).ConfigureAwait(false);
        var faults = await topology.EnsureAllAsync(names, stoppingToken).ConfigureAwait(false);
        foreach (var fault in faults)
        {
            RabbitMqLog.TopologyFault(logger, fault.Kind, fault.Name);
        }

        // Without our own exchange of the right type an event could reach systems that it is not for.
        link.Declared(publishable: !faults.Any(fault =>
            fault.Kind != TopologyFaultKind.QueueConflict && fault.Name == BrokerNames.EventsExchange));
        return known && faults.Count == 0;
    }

    // The database may be away while the broker is there: then what this process knows is declared, the rest later.
    private async Task<(IReadOnlyList<string> Names, bool Known)> NamesAsync(CancellationToken stoppingToken)
    {
        try
        {
            return (await systems.RabbitMqSystemsAsync(stoppingToken).ConfigureAwait(false), true);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            RabbitMqLog.NamesUnknown(logger, exception.GetType().Name);
            return ([], false);
        }
    }

    private Task Delay(TimeSpan time, CancellationToken stoppingToken) =>
        Task.Delay(time, clock, stoppingToken).ContinueWith(
            static _ => { },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
