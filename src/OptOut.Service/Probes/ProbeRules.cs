using OptOut.Service.Audit.Findings;

namespace OptOut.Service.Probes;

/// <summary>What the watch makes of probes: that one failed, that none was good of late, that one got lost.</summary>
internal static class ProbeRules
{
    public const string Failed = "probe_failed";
    public const string Stale = "probe_stale";
    public const string Lost = "probe_lost";

    // The last ended probe of each system, and the last of all for what is no system's fault.
    private const string FailedQuery =
        """
        SELECT 'system:' || s.name AS about, NULL::text AS severity, s.system_id,
            jsonb_build_object('probe', 'prb_' || translate(l.probe_id::text, '-', ''), 'verdict', l.verdict,
                'endedAt', l.finished_at) AS evidence
        FROM optout.system s
        CROSS JOIN LATERAL (
            SELECT v.probe_id, v.verdict, p.finished_at FROM optout.probe_system v
            JOIN optout.probe p ON p.probe_id = v.probe_id
            WHERE v.system_id = s.system_id AND v.verdict IS NOT NULL ORDER BY v.probe_id DESC LIMIT 1) l
        WHERE s.state = 'active' AND l.verdict IN ('refused', 'timeout', 'not_told')
        UNION ALL
        SELECT 'service', NULL, NULL, jsonb_build_object('probe', 'prb_' || translate(l.probe_id::text, '-', ''),
            'reason', l.reason_code, 'endedAt', l.finished_at)
        FROM (SELECT probe_id, reason_code, state, finished_at FROM optout.probe
              WHERE finished_at IS NOT NULL ORDER BY probe_id DESC LIMIT 1) l
        WHERE l.state = 'failed' AND l.reason_code NOT IN ('system_failed', 'lost')
        """;

    private const string LostQuery =
        """
        SELECT 'service' AS about, NULL::text AS severity, NULL::integer AS system_id,
            jsonb_build_object('probe', 'prb_' || translate(l.probe_id::text, '-', ''), 'startedAt', l.started_at) AS evidence
        FROM (SELECT probe_id, started_at, finished_at, ends_by, reason_code FROM optout.probe ORDER BY probe_id DESC LIMIT 50) l
        WHERE (l.finished_at IS NULL AND l.ends_by < now())
            OR (l.reason_code = 'lost' AND l.finished_at > now() - interval '1 hour')
        ORDER BY l.probe_id DESC LIMIT 1
        """;

    public static IEnumerable<IFindingRule> All(ProbeSettings settings)
    {
        yield return new SqlRule(Failed, TimeSpan.FromSeconds(5), Severities.Critical, FailedQuery);
        yield return new SqlRule(Lost, TimeSpan.FromSeconds(5), Severities.Warning, LostQuery);
        if (settings.IsScheduled)
            yield return new SqlRule(Stale, TimeSpan.FromSeconds(15), Severities.Warning, StaleQuery(settings));
    }

    // Three intervals and the time that one takes: a single slow one is no finding yet.
    private static string StaleQuery(ProbeSettings settings) =>
        $"""
        SELECT 'system:' || s.name AS about, NULL::text AS severity, s.system_id,
            jsonb_build_object('lastGoodAt', g.started_at) AS evidence
        FROM optout.system s
        LEFT JOIN LATERAL (
            SELECT p.started_at FROM optout.probe_system v JOIN optout.probe p ON p.probe_id = v.probe_id
            WHERE v.system_id = s.system_id AND v.verdict IN ('applied', 'no_match')
            ORDER BY v.probe_id DESC LIMIT 1) g ON true
        WHERE s.state = 'active' AND greatest(g.started_at, s.created_at)
            < now() - interval '{(long)(settings.Interval * 3 + settings.Timeout).TotalSeconds} seconds'
        """;
}
