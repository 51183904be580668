using Npgsql;
using OptOut.Contracts;
using OptOut.Service.Platform.Database;
using OptOut.Service.Propagation.Channels.RabbitMq;

namespace OptOut.Service.Propagation.Redrives;

/// <summary>
/// Keeps in the database what the broker may forget: which queues were made, and that what a lost one held goes out
/// again. The database has every delivery, so a queue can always be made anew from it.
/// </summary>
internal sealed class QueueMemory(
    Databases databases, RedriveSignal redrives, TimeProvider clock, ILogger<QueueMemory> logger) : IQueueMemory
{
    /// <summary>
    /// Two redrives of everything that was sent before now: one at once, and one for confirms that were on their way to
    /// the database at the loss. What is published into the queue made anew is later, by the same clock. A lost queue of
    /// acknowledgements concerns every system.
    /// </summary>
    private const string Missing =
        """
        WITH made AS (
            INSERT INTO optout.broker_queue AS q (name, made_at) VALUES ($1, now())
            ON CONFLICT (name) DO UPDATE SET made_at = now(), made = q.made + 1)
        INSERT INTO optout.redrive (redrive_id, system_id, kind, since, requested_by, started_at)
        SELECT gen_random_uuid(), y.system_id, 'queue_lost', $4, 'svc:broker', now() + w.seconds * interval '1 second'
        FROM optout.system y CROSS JOIN (VALUES (0), (15)) w (seconds)
        WHERE (y.name = $2 OR $3) AND y.channel ->> 'type' = 'rabbitmq' AND y.state <> 'retired'
            AND EXISTS (SELECT FROM optout.open_delivery o WHERE o.system_id = y.system_id)
        """;

    private const string Young =
        "SELECT EXISTS (SELECT FROM optout.broker_queue WHERE name = $1 AND made_at > now() - interval '1 hour')";

    private const string Prefix = "optout.";

    public async ValueTask<bool> MissingAsync(string queue, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = databases.Main.CreateCommand(Missing);
            command.Parameters.Add(Sql.Value(queue));
            command.Parameters.Add(Sql.Value(queue[Prefix.Length..]));
            command.Parameters.Add(Sql.Value(queue == BrokerNames.AcknowledgementsQueue));
            command.Parameters.Add(Sql.Value(clock.GetUtcNow()));
            if (await command.ExecuteNonQueryAsync(cancellationToken) > 0)
            {
                RabbitMqLog.QueueMissing(logger, queue);
                redrives.Wake();
            }

            return true;
        }
        catch (NpgsqlException exception)
        {
            RabbitMqLog.QueueLossUnwritten(logger, queue, exception.GetType().Name);
            return false;
        }
    }

    public async ValueTask<bool> IsYoungAsync(string queue, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = databases.Main.CreateCommand(Young);
            command.Parameters.Add(Sql.Value(queue));
            return await command.ExecuteScalarAsync(cancellationToken) is true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
