namespace OptOut.Service.Audit.Findings.Rules;

/// <summary>What is wrong with systems as such, and whose keys end.</summary>
internal static class SystemRules
{
    public const string NeverWired = "system_never_wired";
    public const string Silent = "system_silent";
    public const string Changed = "system_changed";
    public const string CredentialExpiring = "credential_expiring";

    // Registered and never heard of: a vendor tool that was trusted and never connected.
    private const string NeverWiredQuery =
        """
        SELECT 'system:' || s.name AS about, NULL::text AS severity, s.system_id,
            jsonb_build_object('registeredAt', s.created_at, 'overdue', o.overdue) AS evidence
        FROM optout.system s
        JOIN optout.system_status t ON t.system_id = s.system_id
        CROSS JOIN LATERAL (SELECT EXISTS (
            SELECT FROM optout.open_delivery d WHERE d.system_id = s.system_id AND d.apply_by < now()) AS overdue) o
        WHERE s.state <> 'retired' AND t.last_acknowledged_at IS NULL
            AND (o.overdue OR s.created_at < now() - interval '24 hours')
        """;

    // It spoke once, owes something, and has said nothing since that became late.
    private const string SilentQuery =
        """
        SELECT 'system:' || s.name AS about, NULL::text AS severity, s.system_id,
            jsonb_build_object('lastAcknowledgedAt', t.last_acknowledged_at, 'oldestDueAt', o.oldest, 'overdue', o.overdue,
                'silentSeconds', floor(extract(epoch FROM now() - t.last_acknowledged_at))::bigint) AS evidence
        FROM (SELECT system_id, count(*) AS overdue, min(apply_by) AS oldest
              FROM optout.open_delivery WHERE apply_by < now() GROUP BY system_id) o
        JOIN optout.system s ON s.system_id = o.system_id
        JOIN optout.system_status t ON t.system_id = s.system_id
        WHERE s.state = 'active' AND t.last_acknowledged_at < o.oldest
        """;

    // For a day after a change everybody who watches sees that there was one.
    private const string ChangedQuery =
        """
        SELECT 'system:' || name AS about, NULL::text AS severity, system_id,
            jsonb_build_object('version', version, 'changedAt', updated_at, 'systemState', state) AS evidence
        FROM optout.system WHERE version > 1 AND updated_at > now() - interval '24 hours'
        """;

    private const string CredentialQuery =
        """
        SELECT 'key:' || key_id AS about,
            CASE WHEN expires_at < now() + interval '24 hours' THEN 'critical' END AS severity,
            (SELECT s.system_id FROM optout.system s WHERE k.roles = ARRAY['system:' || s.name]) AS system_id,
            jsonb_build_object('name', name, 'expiresAt', expires_at, 'expired', expires_at <= now()) AS evidence
        FROM optout.api_key k
        WHERE revoked_at IS NULL AND expires_at < now() + interval '14 days' AND expires_at > now() - interval '7 days'
            AND expires_at - created_at > interval '1 day'
        """;

    public static IEnumerable<IFindingRule> All() =>
    [
        new SqlRule(NeverWired, TimeSpan.FromSeconds(10), Severities.Warning, NeverWiredQuery),
        new SqlRule(Silent, TimeSpan.FromSeconds(5), Severities.Critical, SilentQuery),
        new SqlRule(Changed, TimeSpan.FromSeconds(5), Severities.Info, ChangedQuery),
        new SqlRule(CredentialExpiring, TimeSpan.FromSeconds(60), Severities.Warning, CredentialQuery),
    ];
}
