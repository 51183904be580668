using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Platform.Telemetry;
using OptOut.Service.Propagation.Channels.RabbitMq;

namespace OptOut.Service.Propagation;

/// <summary>The broker's state. Recording does not need it, so its absence degrades and never fails.</summary>
internal sealed class BrokerReadiness(RabbitMqLink link, RabbitMqTopology topology) : IReadinessCheck
{
    public string Name => "broker";

    public ValueTask<ReadinessResult> CheckAsync(CancellationToken cancellationToken) => ValueTask.FromResult(
        link.Connection is null ? ReadinessResult.Degraded("Not connected; deliveries wait.")
        : link.Publishing is null ? ReadinessResult.Degraded("Connected, but not taking messages; deliveries wait.")
        : topology.Faults.Count > 0 ? ReadinessResult.Degraded("A queue or exchange does not stand as declared.")
        : ReadinessResult.Ok());
}

/// <summary>Whether due deliveries are taken in time: the clock finds what no error reports.</summary>
internal sealed class DispatchReadiness(Databases databases) : IReadinessCheck
{
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(30);

    private const string OldestDue =
        """
        SELECT extract(epoch FROM now() - min(o.due_at))::float8
        FROM optout.system s CROSS JOIN LATERAL (
            SELECT d.due_at FROM generate_series(0, $1) AS p(part)
            CROSS JOIN LATERAL (
                SELECT due_at FROM optout.open_delivery
                WHERE system_id = s.system_id AND part = p.part ORDER BY due_at LIMIT 1) d) o
        WHERE s.state = 'active' AND s.channel ->> 'type' <> 'pull'
        """;

    public string Name => "dispatch";

    public async ValueTask<ReadinessResult> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var command = databases.Main.CreateCommand(OldestDue);
            command.Parameters.Add(Sql.Value(Partition.Count - 1));
            var age = await command.ExecuteScalarAsync(cancellationToken);
            return age is double seconds && seconds > Late.TotalSeconds
                ? ReadinessResult.Degraded($"The oldest due delivery has waited for {seconds:F0} s.")
                : ReadinessResult.Ok();
        }
        catch (NpgsqlException)
        {
            return ReadinessResult.Failed("The database does not answer.");
        }
    }
}
