using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>
/// Keeps the connection: makes it, declares everything on it, and makes it again a second after it broke. The first
/// connection may come long after the start; nothing waits for it. While it stands, what the registry says is compared
/// with what the broker has by the clock: a queue or binding that somebody removed comes back without an event to tell.
/// </summary>
internal sealed class RabbitMqSupervisor(
    RabbitMqOptions options,
    RabbitMqLink link,
    RabbitMqTopology topology,
    ISystemNames systems,
    TimeProvider clock,
    ILogger<RabbitMqSupervisor> logger) : BackgroundService
{
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
                await DeclareAsync(stoppingToken).ConfigureAwait(false);
                await Task.WhenAny(closed.Task, Delay(options.CompareInterval, stoppingToken)).ConfigureAwait(false);
            }
        }
        finally
        {
            link.Close();
            await BrokerTrouble.DisposeQuietlyAsync(connection).ConfigureAwait(false);
            RabbitMqLog.Disconnected(logger);
        }
    }

    private async Task DeclareAsync(CancellationToken stoppingToken)
    {
        var names = await NamesAsync(stoppingToken).ConfigureAwait(false);
        var faults = await topology.EnsureAllAsync(names, stoppingToken).ConfigureAwait(false);
        foreach (var fault in faults)
        {
            RabbitMqLog.TopologyFault(logger, fault.Kind, fault.Name);
        }

        // Without our own exchange of the right type an event could reach systems that it is not for.
        link.Declared(publishable: !faults.Any(fault =>
            fault.Kind != TopologyFaultKind.QueueConflict && fault.Name == BrokerNames.EventsExchange));
    }

    // The database may be away while the broker is there: then what this process knows is declared, the rest later.
    private async Task<IReadOnlyList<string>> NamesAsync(CancellationToken stoppingToken)
    {
        try
        {
            return await systems.RabbitMqSystemsAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            RabbitMqLog.NamesUnknown(logger, exception.GetType().Name);
            return [];
        }
    }

    private Task Delay(TimeSpan time, CancellationToken stoppingToken) =>
        Task.Delay(time, clock, stoppingToken).ContinueWith(
            static _ => { },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
