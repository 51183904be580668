using Npgsql;
using OptOut.Service.Platform.Database;
using OptOut.Service.Purposes;
using OptOut.Service.Systems;

namespace OptOut.Service.Propagation.Dispatch;

/// <summary>
/// Finds due deliveries. No row is locked: a part belongs to one process, and within it to one worker,
/// so a plain read is the claim and a crash leaves nothing to release.
/// </summary>
internal sealed class DeliveryClaims(Databases databases)
{
    /// <summary>One index probe for each system, so that a slow one's backlog never stands before another's.</summary>
    private const string Due =
        """
        SELECT o.delivery_id, o.system_id, o.opt_out_id, o.version, o.apply_by, d.state, d.attempts, d.sent_at,
            v.subject_id, s.survivor_id, v.purpose, v.channel, v.state, v.recorded_at, v.record_hash, v.synthetic,
            v.trace_parent,
            EXISTS (SELECT FROM optout.delivery n WHERE n.opt_out_id = o.opt_out_id AND n.system_id = o.system_id
                AND n.version > o.version),
            d.acknowledgement_id, o.part
        FROM unnest($1, $2) AS w(system_id, quota)
        CROSS JOIN LATERAL (
            SELECT * FROM optout.open_delivery o
            WHERE o.system_id = w.system_id AND o.due_at <= now() AND o.part = ANY ($3)
                AND NOT o.delivery_id = ANY ($4)
            ORDER BY o.due_at LIMIT w.quota) o
        JOIN optout.delivery d ON d.delivery_id = o.delivery_id
        JOIN optout.opt_out_version v ON v.opt_out_id = o.opt_out_id AND v.version = o.version
        JOIN optout.subject s ON s.subject_id = v.subject_id
        LIMIT $5
        """;

    /// <param name="quotas">How many to take for each system.</param>
    /// <param name="parts">The parts that the caller owns.</param>
    /// <param name="inFlight">Deliveries that are being tried right now.</param>
    /// <param name="limit">How many in all.</param>
    public async Task<List<ClaimedDelivery>> DueAsync(
        IReadOnlyList<(DownstreamSystem System, int Quota)> quotas,
        short[] parts,
        Guid[] inFlight,
        int limit,
        CancellationToken cancellationToken)
    {
        var claimed = new List<ClaimedDelivery>();
        if (quotas.Count == 0 || parts.Length == 0)
            return claimed;

        var systems = quotas.ToDictionary(q => q.System.Id, q => q.System);
        await using var command = databases.Main.CreateCommand(Due);
        command.Parameters.Add(Sql.Integers([.. quotas.Select(q => q.System.Id)]));
        command.Parameters.Add(Sql.Integers([.. quotas.Select(q => q.Quota)]));
        command.Parameters.Add(Sql.Smallints(parts));
        command.Parameters.Add(Sql.Uuids(inFlight));
        command.Parameters.Add(Sql.Value(limit));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            claimed.Add(Read(reader, systems[reader.GetInt32(1)]));
        return claimed;
    }

    private static ClaimedDelivery Read(NpgsqlDataReader reader, DownstreamSystem system) => new()
    {
        DeliveryId = reader.GetGuid(0),
        System = system,
        OptOutId = reader.GetGuid(2),
        Version = reader.GetInt32(3),
        ApplyBy = reader.GetFieldValue<DateTimeOffset>(4),
        State = reader.GetString(5),
        Attempts = reader.GetInt32(6),
        SentAt = reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7),
        SubjectId = reader.GetGuid(8),
        SurvivorId = reader.GetGuid(9),
        Scope = new Scope(reader.GetString(10), reader.GetString(11)),
        RecordState = reader.GetString(12),
        RecordedAt = reader.GetFieldValue<DateTimeOffset>(13),
        RecordHash = reader.GetFieldValue<byte[]>(14),
        Synthetic = reader.GetBoolean(15),
        TraceParent = reader.IsDBNull(16) ? null : reader.GetString(16),
        IsOutdated = reader.GetBoolean(17),
        AcknowledgementId = reader.IsDBNull(18) ? null : reader.GetGuid(18),
        Part = reader.GetInt16(19),
    };
}
