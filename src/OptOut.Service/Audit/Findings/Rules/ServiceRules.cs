namespace OptOut.Service.Audit.Findings.Rules;

/// <summary>What is wrong with the service itself: its ledger's age, its rules' heartbeat, its alerts.</summary>
internal static class ServiceRules
{
    public const string LeafWaiting = "ledger_leaf_waiting";
    public const string CheckpointOld = "ledger_checkpoint_old";
    public const string LedgerIncident = "ledger_incident";
    public const string RuleLate = "rule_late";
    public const string AlertChannelFailing = "alert_channel_failing";

    private const string LeafWaitingQuery =
        """
        SELECT 'service' AS about, NULL::text AS severity, NULL::integer AS system_id,
            jsonb_build_object('oldestSeconds', floor(extract(epoch FROM now() - optout.time_of(p.entry_id)))::bigint) AS evidence
        FROM (SELECT entry_id FROM ledger.pending ORDER BY pending_id LIMIT 1) p
        WHERE optout.time_of(p.entry_id) < now() - interval '5 seconds'
        """;

    // Leaves that no checkpoint covers are sequenced ones above its size, or waiting ones.
    private const string CheckpointOldQuery =
        """
        SELECT 'service' AS about, NULL::text AS severity, NULL::integer AS system_id,
            jsonb_build_object('signedAt', c.signed_at, 'size', c.size, 'ledgerSize', h.size) AS evidence
        FROM ledger.head h
        CROSS JOIN LATERAL (SELECT size, signed_at FROM ledger.checkpoint ORDER BY size DESC LIMIT 1) c
        WHERE c.signed_at < now() - interval '60 seconds'
            AND (h.size > c.size OR EXISTS (
                SELECT FROM (SELECT entry_id FROM ledger.pending ORDER BY pending_id LIMIT 1) p
                WHERE optout.time_of(p.entry_id) < now() - interval '60 seconds'))
        """;

    // What the sequencing replica found: the ledger contradicts itself or what was published, as after an old backup.
    private const string LedgerIncidentQuery =
        """
        SELECT 'service' AS about, NULL::text AS severity, NULL::integer AS system_id,
            jsonb_build_object('incident', incident, 'since', since) AS evidence
        FROM ledger.standing WHERE incident IS NOT NULL
        """;

    // A rule that takes long is run less often, by its duration; that is not late.
    private const string RuleLateQuery =
        $"""
        SELECT 'rule:' || rule AS about, NULL::text AS severity, NULL::integer AS system_id,
            jsonb_build_object('lastRunAt', finished_at, 'intervalMs', interval_ms, 'failures', failures,
                'code', failure_code) AS evidence
        FROM optout.rule_state
        WHERE rule <> '{RuleLate}' AND coalesce(finished_at, created_at) < now() - greatest(
            interval '60 seconds', interval_ms * interval '5 milliseconds', duration_ms * interval '60 milliseconds')
        """;

    private const string AlertChannelQuery =
        """
        SELECT 'alert:' || a.channel AS about, NULL::text AS severity, NULL::integer AS system_id,
            jsonb_build_object('waiting', count(*), 'oldestAt', min(a.created_at), 'attempts', max(a.attempts),
                'code', max(a.code)) AS evidence
        FROM optout.alert a WHERE a.done_at IS NULL AND a.attempts >= 2
        GROUP BY a.channel
        """;

    public static IEnumerable<IFindingRule> All() =>
    [
        new SqlRule(LeafWaiting, TimeSpan.FromSeconds(2), Severities.Critical, LeafWaitingQuery),
        new SqlRule(CheckpointOld, TimeSpan.FromSeconds(5), Severities.Critical, CheckpointOldQuery),
        new SqlRule(LedgerIncident, TimeSpan.FromSeconds(2), Severities.Critical, LedgerIncidentQuery),
        new SqlRule(RuleLate, TimeSpan.FromSeconds(5), Severities.Critical, RuleLateQuery),
        new SqlRule(AlertChannelFailing, TimeSpan.FromSeconds(5), Severities.Critical, AlertChannelQuery),
    ];
}
