namespace OptOut.Service.Audit.Findings.Rules;

/// <summary>What slipped through: messages sent after the stop, people still on a list, and lists that nobody reads out.</summary>
internal static class EnforcementRules
{
    public const string SentAfterStop = "sent_after_stop";
    public const string ReconciliationLeaking = "reconciliation_leaking";
    public const string ReconciliationStale = "reconciliation_stale";

    // For a day after the last one: nothing takes a message back.
    private const string SentQuery =
        """
        SELECT d.asked_by AS about, NULL::text AS severity,
            (SELECT s.system_id FROM optout.api_key k JOIN optout.system s ON k.roles = ARRAY['system:' || s.name]
             WHERE 'key:' || k.key_id = d.asked_by) AS system_id,
            jsonb_build_object('messages', count(*), 'lastAt', max(d.recorded_at),
                'longestAfterSeconds', floor(max(extract(epoch FROM d.at - d.effective_from)))::bigint) AS evidence
        FROM optout.decision d
        WHERE d.outcome = 'sent' AND d.recorded_at > now() - interval '24 hours'
        GROUP BY d.asked_by
        """;

    private const string LeakingQuery =
        """
        SELECT 'system:' || s.name AS about, NULL::text AS severity, s.system_id,
            jsonb_build_object('stillListed', r.stopped, 'lines', r.lines, 'finishedAt', r.finished_at) AS evidence
        FROM optout.system s
        CROSS JOIN LATERAL (SELECT stopped, lines, finished_at FROM optout.reconciliation c
            WHERE c.system_id = s.system_id AND c.complete ORDER BY c.finished_at DESC LIMIT 1) r
        WHERE s.state <> 'retired' AND r.stopped > 0
        """;

    // Whoever began to read out its list goes on doing so each week.
    private const string StaleQuery =
        """
        SELECT 'system:' || s.name AS about, NULL::text AS severity, s.system_id,
            jsonb_build_object('lastReconciledAt', t.last_reconciled_at) AS evidence
        FROM optout.system s JOIN optout.system_status t ON t.system_id = s.system_id
        WHERE s.state = 'active' AND t.last_reconciled_at < now() - interval '8 days'
        """;

    public static IEnumerable<IFindingRule> All() =>
    [
        new SqlRule(SentAfterStop, TimeSpan.FromSeconds(5), Severities.Critical, SentQuery),
        new SqlRule(ReconciliationLeaking, TimeSpan.FromSeconds(10), Severities.Critical, LeakingQuery),
        new SqlRule(ReconciliationStale, TimeSpan.FromSeconds(60), Severities.Warning, StaleQuery),
    ];
}
