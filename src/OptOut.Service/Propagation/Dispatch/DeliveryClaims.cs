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
    /// <summary>What <see cref="Read"/> takes, of o, d, v and s, and the joins that name them beside o.</summary>
    internal const string Columns =
        """
        o.delivery_id, o.system_id, o.opt_out_id, o.version, o.apply_by, d.state, d.attempts, d.sent_at,
            v.subject_id, s.survivor_id, v.purpose, v.channel, v.state, v.recorded_at, v.record_hash, v.synthetic,
            v.trace_parent,
            EXISTS (SELECT FROM optout.delivery n WHERE n.opt_out_id = o.opt_out_id AND n.system_id = o.system_id
                AND n.version > o.version),
            d.acknowledgement_id, o.part, d.probes, d.asked,
            greatest(0, extract(epoch FROM o.due_at - now()) * 1000)::float8,
            v.reason_code = 'subject_erased' AND EXISTS (
                SELECT FROM optout.erasure e WHERE e.subject_id = v.subject_id OR e.subject_id = s.survivor_id),
            CASE v.state WHEN 'opted_out' THEN least(v.occurred_at, v.recorded_at) ELSE v.recorded_at END
        """;

    internal const string Records =
        """
        JOIN optout.delivery d ON d.delivery_id = o.delivery_id
        JOIN optout.opt_out_version v ON v.opt_out_id = o.opt_out_id AND v.version = o.version
        JOIN optout.subject s ON s.subject_id = v.subject_id
        """;

    /// <summary>
    /// The delivery that a probe of an open breaker may be: the one that is due first, also ahead of its time, of those
    /// that wait for the system to work again. At every other turn one that has failed before comes first: a receiver
    /// that turns each message away the first time takes it the second time. Another replica that looks at the same
    /// time finds the turn taken.
    /// </summary>
    private const string Probe =
        $"""
        WITH turn AS (
            UPDATE optout.system_status t SET breaker_probe_at = now() + $4 * interval '1 millisecond'
            FROM optout.system y
            WHERE y.system_id = t.system_id AND y.state = 'active' AND t.system_id = ANY ($1)
                AND t.breaker_probe_at <= now() AND coalesce(t.hold_until <= now(), true)
                AND EXISTS ({Candidates})
            RETURNING t.system_id, t.failures % 2 = 1 AS again)
        SELECT {Columns}
        FROM turn t CROSS JOIN LATERAL (
            SELECT c.* FROM unnest($2) AS p(part)
            CROSS JOIN LATERAL (
                ({Candidates} AND o.part = p.part AND o.failed AND t.again ORDER BY o.due_at LIMIT 1)
                UNION ALL
                ({Candidates} AND o.part = p.part ORDER BY o.due_at LIMIT 1)) c
            ORDER BY t.again AND c.failed DESC, c.due_at LIMIT 1) o
        {Records}
        """;

    private const string Candidates =
        """
        SELECT o.* FROM optout.open_delivery o JOIN optout.delivery d USING (delivery_id)
        WHERE o.system_id = t.system_id AND o.part = ANY ($2) AND NOT o.delivery_id = ANY ($3)
            AND d.state IN ('pending', 'retrying', 'parked')
            AND NOT EXISTS (SELECT FROM optout.delivery n WHERE n.opt_out_id = o.opt_out_id
                AND n.system_id = o.system_id AND n.version > o.version)
        """;

    /// <summary>
    /// One index probe for each system and part: a slow system's backlog never stands before another's, and nobody
    /// reads past the rows of parts that are not asked for.
    /// </summary>
    private const string Due =
        $"""
        SELECT {Columns}
        FROM unnest($1, $2) AS w(system_id, quota)
        JOIN optout.system y ON y.system_id = w.system_id AND y.state = 'active'
        JOIN optout.system_status t ON t.system_id = w.system_id AND t.breaker_opened_at IS NULL
            AND coalesce(t.hold_until <= now(), true)
        CROSS JOIN LATERAL (
            SELECT c.* FROM unnest($3) AS p(part)
            CROSS JOIN LATERAL (
                SELECT * FROM optout.open_delivery o
                WHERE o.system_id = w.system_id AND o.part = p.part AND o.due_at <= now()
                    AND NOT o.delivery_id = ANY ($4)
                ORDER BY o.due_at LIMIT w.quota) c
            LIMIT w.quota) o
        {Records}
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
        Random.Shared.Shuffle(parts = [.. parts]); // No part's backlog is always first.
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

    /// <summary>For each of these systems whose breaker is open and may be probed now, the delivery to try.</summary>
    public async Task<List<ClaimedDelivery>> ProbesAsync(
        IReadOnlyList<DownstreamSystem> asked, short[] parts, Guid[] inFlight, CancellationToken cancellationToken)
    {
        var claimed = new List<ClaimedDelivery>();
        if (asked.Count == 0 || parts.Length == 0)
            return claimed;

        var systems = asked.ToDictionary(s => s.Id);
        await using var command = databases.Main.CreateCommand(Probe);
        command.Parameters.Add(Sql.Integers([.. systems.Keys]));
        command.Parameters.Add(Sql.Smallints(parts));
        command.Parameters.Add(Sql.Uuids(inFlight));
        command.Parameters.Add(Sql.Value((int)SystemBreaker.ProbeInterval.TotalMilliseconds));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            claimed.Add(Read(reader, systems[reader.GetInt32(1)]));
        return claimed;
    }

    internal static ClaimedDelivery Read(NpgsqlDataReader reader, DownstreamSystem system) => new()
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
        Probes = reader.GetInt32(20),
        Asked = reader.GetInt32(21),
        AheadBy = TimeSpan.FromMilliseconds(reader.GetDouble(22)),
        IsErasure = reader.GetBoolean(23),
        EffectiveFrom = reader.GetFieldValue<DateTimeOffset>(24),
    };
}
