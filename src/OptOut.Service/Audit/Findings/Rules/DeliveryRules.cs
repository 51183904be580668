namespace OptOut.Service.Audit.Findings.Rules;

/// <summary>
/// What is wrong with deliveries. All of it is read from the narrow table of open ones; the wide table of deliveries is
/// touched only by primary key and for a bounded number of rows a system.
/// </summary>
internal static class DeliveryRules
{
    public const string Overdue = "delivery_overdue";
    public const string RetryNotMade = "retry_not_made";
    public const string Parked = "delivery_parked";
    public const string Unroutable = "delivery_unroutable";
    public const string Gone = "webhook_gone";

    // One reading of the open deliveries counts for every system at once. With a million of them that takes a tenth of a
    // second, and the runner then looks every other second.
    private const string OverdueQuery =
        """
        SELECT 'system:' || s.name AS about,
            CASE WHEN o.oldest < now() - interval '1 hour' THEN 'critical' END AS severity, s.system_id,
            jsonb_build_object('overdue', o.overdue, 'open', o.open, 'oldestDueAt', o.oldest,
                'oldestOverdueSeconds', floor(extract(epoch FROM now() - o.oldest))::bigint,
                'objectiveSeconds', s.contract -> 'objectiveSeconds', 'systemState', s.state) AS evidence
        FROM (SELECT system_id, count(*) AS open, count(*) FILTER (WHERE apply_by < now()) AS overdue, min(apply_by) AS oldest
              FROM optout.open_delivery GROUP BY system_id) o
        JOIN optout.system s ON s.system_id = o.system_id
        WHERE o.overdue > 0 AND s.state <> 'retired'
        """;

    // Due times are in order within a part: one look by index for each of the sixteen.
    private const string Parts = "generate_series(0, 15) AS p(part)";

    // Due for a minute, and nothing that explains it: not paused, no breaker, no pause that the receiver asked for.
    private const string RetryNotMadeQuery =
        $"""
        SELECT 'system:' || s.name AS about, NULL::text AS severity, s.system_id,
            jsonb_build_object('oldestDueAt', o.due_at,
                'waitingSeconds', floor(extract(epoch FROM now() - o.due_at))::bigint) AS evidence
        FROM optout.system s
        JOIN optout.system_status t ON t.system_id = s.system_id
        CROSS JOIN LATERAL (
            SELECT d.due_at FROM {Parts} CROSS JOIN LATERAL (
                SELECT due_at FROM optout.open_delivery d
                WHERE d.system_id = s.system_id AND d.part = p.part ORDER BY d.due_at LIMIT 1) d
            ORDER BY d.due_at LIMIT 1) o
        WHERE s.state = 'active' AND o.due_at < now() - interval '60 seconds'
            AND t.breaker_opened_at IS NULL AND coalesce(t.hold_until, '-infinity') < now()
        """;

    // Parked ones are due a day ahead, hence last in the order of what is due.
    private const string ParkedQuery =
        $"""
        SELECT 'system:' || s.name AS about, NULL::text AS severity, s.system_id,
            jsonb_build_object('parked', p.parked, 'atLeast', p.parked >= 2000, 'oldestDelivery',
                'dlv_' || translate(p.oldest::text, '-', ''), 'recordedAt', p.recorded_at) AS evidence
        FROM optout.system s
        CROSS JOIN LATERAL (
            SELECT count(*) AS parked, min(d.delivery_id::text) AS oldest, min(d.recorded_at) AS recorded_at
            FROM (
                SELECT o.delivery_id FROM {Parts} CROSS JOIN LATERAL (
                    SELECT delivery_id, due_at FROM optout.open_delivery o
                    WHERE o.system_id = s.system_id AND o.part = p.part ORDER BY o.due_at DESC LIMIT 2000) o
                ORDER BY o.due_at DESC LIMIT 2000) o
            JOIN optout.delivery d ON d.delivery_id = o.delivery_id WHERE d.state = 'parked') p
        WHERE s.state <> 'retired' AND p.parked > 0
        """;

    // A lost queue is made again at once, so the try after this one succeeds: it is said for ten minutes all the same.
    private const string UnroutableQuery =
        $"""
        SELECT 'system:' || s.name AS about, NULL::text AS severity, s.system_id,
            jsonb_build_object('tries', count(*), 'sampled', true, 'lastTriedAt', max(a.ended_at)) AS evidence
        FROM (
            (SELECT delivery_id, system_id FROM optout.delivery
             WHERE delivery_id >= optout.first_id_at(now() - interval '10 minutes') ORDER BY delivery_id DESC LIMIT 2000)
            UNION
            SELECT o.delivery_id, y.system_id FROM optout.system y CROSS JOIN LATERAL (
                SELECT d.delivery_id FROM {Parts} CROSS JOIN LATERAL (
                    SELECT delivery_id, due_at FROM optout.open_delivery d
                    WHERE d.system_id = y.system_id AND d.part = p.part ORDER BY d.due_at LIMIT 100) d
                ORDER BY d.due_at LIMIT 100) o) n
        JOIN optout.attempt a ON a.delivery_id = n.delivery_id AND a.outcome = 'unroutable'
            AND a.ended_at > now() - interval '10 minutes'
        JOIN optout.system s ON s.system_id = n.system_id
        WHERE s.state <> 'retired'
        GROUP BY s.name, s.system_id
        """;

    // The last try of those that are due first and last: what a receiver answers now shows in them, however many wait.
    private const string GoneQuery =
        $"""
        SELECT 'system:' || s.name AS about, NULL::text AS severity, s.system_id,
            jsonb_build_object('deliveries', count(*), 'sampled', true, 'lastTriedAt', max(t.ended_at),
                'statusCode', max(t.status_code)) AS evidence
        FROM optout.system s
        CROSS JOIN LATERAL (
            (SELECT o.delivery_id FROM {Parts} CROSS JOIN LATERAL (
                SELECT delivery_id, due_at FROM optout.open_delivery o
                WHERE o.system_id = s.system_id AND o.part = p.part ORDER BY o.due_at LIMIT 100) o
             ORDER BY o.due_at LIMIT 100)
            UNION
            (SELECT o.delivery_id FROM {Parts} CROSS JOIN LATERAL (
                SELECT delivery_id, due_at FROM optout.open_delivery o
                WHERE o.system_id = s.system_id AND o.part = p.part ORDER BY o.due_at DESC LIMIT 100) o
             ORDER BY o.due_at DESC LIMIT 100)) o
        CROSS JOIN LATERAL (
            SELECT outcome, status_code, ended_at FROM optout.attempt a
            WHERE a.delivery_id = o.delivery_id ORDER BY a.number DESC LIMIT 1) t
        WHERE s.state <> 'retired' AND t.outcome = 'gone'
        GROUP BY s.name, s.system_id
        """;

    public static IEnumerable<IFindingRule> All() =>
    [
        new SqlRule(Overdue, TimeSpan.FromSeconds(1), Severities.Warning, OverdueQuery),
        new SqlRule(RetryNotMade, TimeSpan.FromSeconds(5), Severities.Critical, RetryNotMadeQuery),
        new SqlRule(Parked, TimeSpan.FromSeconds(15), Severities.Critical, ParkedQuery),
        new SqlRule(Unroutable, TimeSpan.FromSeconds(5), Severities.Critical, UnroutableQuery),
        new SqlRule(Gone, TimeSpan.FromSeconds(10), Severities.Critical, GoneQuery),
    ];
}
