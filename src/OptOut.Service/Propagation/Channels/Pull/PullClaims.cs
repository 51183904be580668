using OptOut.Service.Platform.Database;
using OptOut.Service.Propagation.Dispatch;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Channels.Pull;

/// <summary>
/// Finds what a system that fetches its events still has to answer. The rows are those of the open deliveries, so
/// whatever commits late is there the next time: no place in the past is remembered for anybody.
/// </summary>
internal sealed class PullClaims(Databases databases)
{
    // What the system has, or has failed at, comes again when its time does and not in a circle.
    private const string Open =
        $"""
        SELECT {DeliveryClaims.Columns}
        FROM (
            SELECT o.* FROM optout.open_delivery o JOIN optout.delivery d USING (delivery_id)
            WHERE o.system_id = $1 AND o.delivery_id > $2
                AND (d.state NOT IN ('received', 'retrying') OR o.due_at <= now())
            ORDER BY o.delivery_id LIMIT $3) o
        {DeliveryClaims.Records}
        ORDER BY o.delivery_id
        """;

    /// <summary>Open deliveries after the given one, in order.</summary>
    public async Task<List<ClaimedDelivery>> OpenAsync(
        DownstreamSystem system, Guid after, int limit, CancellationToken cancellationToken)
    {
        await using var command = databases.Main.CreateCommand(Open);
        command.Parameters.Add(Sql.Value(system.Id));
        command.Parameters.Add(Sql.Value(after));
        command.Parameters.Add(Sql.Value(limit));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var open = new List<ClaimedDelivery>();
        while (await reader.ReadAsync(cancellationToken))
            open.Add(DeliveryClaims.Read(reader, system));
        return open;
    }
}
