using MassTransit;
using OptOut.Contracts;
using RabbitMQ.Client;

namespace OptOut.Service.Propagation.Channels.RabbitMq;

/// <summary>
/// Takes acknowledgements from the broker as long as there is one. A bus lives no longer than our own connection:
/// its own pauses between tries grow to half a minute, a new bus is there in a moment.
/// </summary>
internal sealed class AcknowledgementIntake(
    RabbitMqOptions options,
    RabbitMqLink link,
    RabbitMqTopology topology,
    IAcknowledgementSink sink,
    TimeProvider clock,
    ILoggerFactory loggers) : BackgroundService
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    // How long a bus may be without its consumer while the broker is there.
    private static readonly TimeSpan UnhealthyLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = loggers.CreateLogger<AcknowledgementIntake>();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (link.Connection is { } connection && IsDeclared())
                {
                    await RunBusAsync(connection, stoppingToken).ConfigureAwait(false);
                }

                await Task.Delay(LookInterval, clock, stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it was, acknowledgements must be taken: a new bus after a pause.
                RabbitMqLog.IntakeRestarts(_logger, exception.GetType().Name);
                await Task.Delay(options.ReconnectInterval, clock, stoppingToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private bool IsDeclared() => link.IsDeclared && !topology.Faults.Any(fault =>
        fault.Kind != TopologyFaultKind.QueueConflict && fault.Name == BrokerNames.AcknowledgementsExchange);

    private async Task RunBusAsync(IConnection connection, CancellationToken stoppingToken)
    {
        var batcher = new AcknowledgementBatcher(sink, clock, _logger);
        await using (batcher.ConfigureAwait(false))
        {
            batcher.Start();
            var bus = AcknowledgementBus.Create(options, batcher, loggers);
            using var starting = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            starting.CancelAfter(options.OperationTimeout);
            try
            {
                await bus.StartAsync(starting.Token).ConfigureAwait(false);
                RabbitMqLog.IntakeStarted(_logger);
                await WatchAsync(bus, connection, stoppingToken).ConfigureAwait(false);
            }
            finally
            {
                await StopAsync(bus).ConfigureAwait(false);
            }
        }
    }

    // Ends when the bus has lost its consumer, or our connection tells that the broker went away.
    private async Task WatchAsync(IBusControl bus, IConnection connection, CancellationToken stoppingToken)
    {
        var healthyAt = clock.GetTimestamp();
        while (connection.IsOpen && clock.GetElapsedTime(healthyAt) < UnhealthyLimit)
        {
            await Task.Delay(LookInterval, clock, stoppingToken).ConfigureAwait(false);
            if (bus.CheckHealth().Status == BusHealthStatus.Healthy)
            {
                healthyAt = clock.GetTimestamp();
            }
        }

        if (connection.IsOpen)
        {
            // The queue itself may be gone.
            await topology.EnsureAllAsync([], stoppingToken).ConfigureAwait(false);
        }
    }

    private static async Task StopAsync(IBusControl bus)
    {
        using var bound = new CancellationTokenSource(StopTimeout);
        try
        {
            await bus.StopAsync(bound.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (BrokerTrouble.IsAway(exception, CancellationToken.None)
            || exception is MassTransitException)
        {
            // What was not acknowledged to the broker comes again.
            _ = exception;
        }
    }
}
