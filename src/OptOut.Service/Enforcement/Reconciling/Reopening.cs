using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Propagation;

namespace OptOut.Service.Enforcement.Reconciling;

/// <summary>What became of one opt-out's delivery when the system turned out to list the person still.</summary>
internal sealed record ListedDelivery(Guid DeliveryId, string State, bool IsReopened);

/// <summary>
/// A system that lists a person under a stop has not applied it, whatever it said: what it closed is open again and due,
/// what is open is due at once. One that it refused, or that names nobody it could know, stays as it is for people to see.
/// </summary>
internal sealed class Reopening(Databases databases, DispatchSignal dispatch)
{
    public const string Reason = "listed";

    private const string Newest =
        """
        SELECT d.delivery_id FROM unnest($1) AS o(id) CROSS JOIN LATERAL (
            SELECT x.delivery_id FROM optout.delivery x WHERE x.opt_out_id = o.id AND x.system_id = $2
            ORDER BY x.version DESC LIMIT 1) d
        """;

    // In one order, as acknowledgements do: neither waits for the other in a circle.
    private const string Lock =
        """
        SELECT d.delivery_id, d.opt_out_id, d.version, d.state, d.apply_by, s.survivor_id,
            d.state IN ('applied', 'verified') OR (d.state = 'no_match' AND d.reason_code IS DISTINCT FROM 'no_identifier')
        FROM optout.delivery d
        JOIN optout.opt_out_version v ON v.opt_out_id = d.opt_out_id AND v.version = d.version
        JOIN optout.subject s ON s.subject_id = v.subject_id
        WHERE d.delivery_id = ANY ($1) ORDER BY d.delivery_id FOR NO KEY UPDATE OF d
        """;

    private const string Reopen =
        """
        UPDATE optout.delivery SET state = 'retrying', closed_at = NULL, next_attempt_at = now(), asked = asked + 1,
            reason_code = $2
        WHERE delivery_id = ANY ($1)
        """;

    private const string AddWork =
        """
        INSERT INTO optout.open_delivery (delivery_id, system_id, opt_out_id, version, part, due_at, apply_by)
        SELECT d, $6, o, v, p, now(), a FROM unnest($1, $2, $3, $4, $5) AS t(d, o, v, p, a)
        ON CONFLICT (delivery_id) DO NOTHING
        """;

    private const string Hurry = "UPDATE optout.open_delivery SET due_at = now() WHERE delivery_id = ANY ($1)";

    /// <summary>By opt-out; one that this system was never told of is not in it.</summary>
    public async Task<IReadOnlyDictionary<Guid, ListedDelivery>> ReopenAsync(
        IReadOnlyCollection<Guid> optOuts, int systemId, CancellationToken cancellationToken)
    {
        await using var connection = await databases.Main.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var ids = new List<Guid>(optOuts.Count);
        await using (var newest = new NpgsqlCommand(Newest, connection, transaction))
        {
            newest.Parameters.Add(Sql.Uuids([.. optOuts]));
            newest.Parameters.Add(Sql.Value(systemId));
            await using var reader = await newest.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                ids.Add(reader.GetGuid(0));
        }

        var rows = await LockAsync(connection, transaction, ids, cancellationToken);
        var closed = rows.Where(row => row.MayReopen).ToList();
        await using (var batch = new NpgsqlBatch(connection, transaction))
        {
            batch.BatchCommands.Add(Sql.Command(Reopen,
                Sql.Uuids([.. closed.Select(row => row.DeliveryId)]), Sql.Value(Reason)));
            batch.BatchCommands.Add(Sql.Command(AddWork,
                Sql.Uuids([.. closed.Select(row => row.DeliveryId)]), Sql.Uuids([.. closed.Select(row => row.OptOutId)]),
                Sql.Integers([.. closed.Select(row => row.Version)]), Sql.Smallints([.. closed.Select(row => row.Part)]),
                Sql.Times([.. closed.Select(row => row.ApplyBy)]), Sql.Value(systemId)));
            batch.BatchCommands.Add(Sql.Command(Hurry, Sql.Uuids([.. rows.Select(row => row.DeliveryId)])));
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        if (rows.Count > 0)
            dispatch.Wake();
        return rows.ToDictionary(row => row.OptOutId, row => new ListedDelivery(
            row.DeliveryId, row.MayReopen ? DeliveryStates.Retrying : row.State, row.MayReopen));
    }

    private static async Task<List<Row>> LockAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, List<Guid> ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Lock, connection, transaction);
        command.Parameters.Add(Sql.Uuids([.. ids]));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<Row>(ids.Count);
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(new Row(reader.GetGuid(0), reader.GetGuid(1), reader.GetInt32(2), reader.GetString(3),
                reader.GetFieldValue<DateTimeOffset>(4), Partition.Of(reader.GetGuid(5)), reader.GetBoolean(6)));
        return rows;
    }

    private sealed record Row(
        Guid DeliveryId, Guid OptOutId, int Version, string State, DateTimeOffset ApplyBy, short Part, bool MayReopen);
}
