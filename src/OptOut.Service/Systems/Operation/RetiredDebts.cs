using Npgsql;
using OptOut.Service.Access.Approvals;
using OptOut.Service.Platform.Database;

namespace OptOut.Service.Systems.Operation;

/// <summary>What a retired system still owed.</summary>
/// <param name="Closed">How many deliveries were closed.</param>
/// <param name="Digest">Base64 SHA-256 over their ids, 16 bytes each, in their order.</param>
internal sealed record ClosedDebts(long Closed, string Digest);

/// <summary>
/// Closes the open deliveries of a retired system as refused: it was told or not, it never said that it applied them, and
/// it never will. Nothing else that closes would be true.
/// </summary>
internal static class RetiredDebts
{
    /// <summary>Why such a delivery is closed.</summary>
    public const string Reason = "system_retired";

    // Years of silence may stand in one system; an act is whole or not at all, so it gets the time it needs.
    private const int TimeoutSeconds = 600;

    // Deliveries are locked first and in order, as acknowledgements do: neither waits for the other in a circle.
    private const string Close =
        $"""
        WITH owed AS MATERIALIZED (
            SELECT d.delivery_id FROM optout.open_delivery o JOIN optout.delivery d USING (delivery_id)
            WHERE o.system_id = $1 ORDER BY d.delivery_id FOR NO KEY UPDATE OF d),
        gone AS (DELETE FROM optout.open_delivery o USING owed WHERE o.delivery_id = owed.delivery_id),
        closed AS (
            UPDATE optout.delivery d
            SET state = 'refused', closed_at = now(), reason_code = '{Reason}', next_attempt_at = NULL
            FROM owed WHERE d.delivery_id = owed.delivery_id AND d.closed_at IS NULL
            RETURNING d.delivery_id)
        SELECT count(*),
            encode(sha256(coalesce(string_agg(uuid_send(delivery_id), ''::bytea ORDER BY delivery_id), ''::bytea)), 'base64')
        FROM closed
        """;

    public static async Task<ClosedDebts> CloseAsync(
        RegistryTransaction transaction, int systemId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Close, transaction.Connection, transaction.Transaction)
        {
            CommandTimeout = TimeoutSeconds,
        };
        command.Parameters.Add(Sql.Value(systemId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new ClosedDebts(reader.GetInt64(0), reader.GetString(1));
    }
}
