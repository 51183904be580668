namespace OptOut.Service.Audit.Reports;

/// <summary>The sections that are one query each: <c>$1</c> and <c>$2</c> bound the period. Columns are named as they are shown.</summary>
internal static class ReportQueries
{
    public sealed record Section(string Name, string Title, string Sql, string? Note = null);

    public static readonly Section OptOuts = new("opt_outs", "Opt-outs by purpose, origin and regime",
        """
        SELECT purpose, origin_method AS "originMethod", coalesce(regime, '') AS regime,
            count(*) FILTER (WHERE state = 'opted_out' AND actor_type <> 'system') AS "optOuts",
            count(*) FILTER (WHERE state = 'opted_out' AND actor_type = 'system') AS "reissued",
            count(*) FILTER (WHERE state = 'opted_in') AS reversals
        FROM optout.opt_out_version WHERE recorded_at >= $1 AND recorded_at < $2 AND NOT synthetic
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 LIMIT 5000
        """, "Synthetic opt-outs are left out. Reissued: the service told a standing stop again, for a linked identifier or a wider contract.");

    public static readonly Section Decisions = new("decisions", "Blocked, cancelled and let through",
        """
        SELECT purpose, channel, outcome, mode, count(*) AS decisions
        FROM optout.decision d WHERE d.recorded_at >= $1 AND d.recorded_at < $2
            AND NOT EXISTS (SELECT FROM optout.opt_out_version v WHERE v.opt_out_id = d.opt_out_id AND v.synthetic)
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 LIMIT 5000
        """);

    public static readonly Section SentAfterStop = new("sent_after_stop", "Sent after the stop, or still on a list",
        """
        SELECT asked_by AS "reportedBy", outcome, count(*) AS messages, max(at - effective_from)::text AS "longestAfter"
        FROM optout.decision WHERE recorded_at >= $1 AND recorded_at < $2 AND outcome IN ('sent', 'listed')
        GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 1000
        """, "What senders and reconciliations reported; what nobody reports is not in it.");

    public static readonly Section Probes = new("probes", "Probes",
        """
        SELECT s.name AS system, count(p.probe_id) AS probes,
            count(p.probe_id) FILTER (WHERE v.verdict IN ('applied', 'no_match')) AS good,
            count(p.probe_id) FILTER (WHERE v.verdict NOT IN ('applied', 'no_match')) AS bad,
            max(p.started_at) FILTER (WHERE v.verdict IN ('applied', 'no_match')) AS "lastGoodAt"
        FROM optout.system s
        LEFT JOIN optout.probe_system v ON v.system_id = s.system_id
            AND v.probe_id >= optout.first_id_at($1) AND v.probe_id < optout.first_id_at($2)
        LEFT JOIN optout.probe p ON p.probe_id = v.probe_id AND p.finished_at IS NOT NULL
        WHERE s.state <> 'retired' GROUP BY s.name ORDER BY s.name LIMIT 5000
        """);

    public static readonly Section Reconciliations = new("reconciliations", "Reconciliations",
        """
        SELECT s.name AS system, count(r.reconciliation_id) AS runs,
            count(r.reconciliation_id) FILTER (WHERE r.complete) AS complete,
            coalesce(sum(r.lines), 0)::bigint AS lines, coalesce(sum(r.stopped), 0)::bigint AS "stillListed",
            coalesce(sum(r.reopened), 0)::bigint AS reopened, max(r.finished_at) FILTER (WHERE r.complete) AS "lastCompleteAt"
        FROM optout.system s
        LEFT JOIN optout.reconciliation r ON r.system_id = s.system_id AND r.finished_at >= $1 AND r.finished_at < $2
        WHERE s.state <> 'retired' GROUP BY s.name ORDER BY s.name LIMIT 5000
        """);

    public static readonly Section Approvals = new("approvals", "Acts that needed two people",
        """
        SELECT act, count(*) AS asked, count(approved_at) AS approved,
            count(*) FILTER (WHERE approved_at IS NULL AND expires_at <= now()) AS expired
        FROM optout.approval WHERE requested_at >= $1 AND requested_at < $2 GROUP BY act ORDER BY act LIMIT 1000
        """);

    public static readonly Section Access = new("access", "Keys",
        """
        SELECT array_to_string(roles, ' ') AS roles, count(*) AS standing,
            count(*) FILTER (WHERE created_at >= $1 AND created_at < $2) AS made,
            count(*) FILTER (WHERE revoked_at >= $1 AND revoked_at < $2) AS revoked,
            count(*) FILTER (WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) AS "holdingNow"
        FROM optout.api_key WHERE created_at < $2 GROUP BY 1 ORDER BY 1 LIMIT 5000
        """, "Each reading of evidence is in the request log under the key's id.");

    public static readonly Section Findings = new("findings", "What the continuous audit found",
        """
        SELECT kind, count(*) FILTER (WHERE opened_at >= $1) AS opened,
            count(*) FILTER (WHERE closed_at >= $1 AND closed_at < $2) AS cured,
            count(*) FILTER (WHERE closed_at IS NULL) AS "openNow",
            floor(max(extract(epoch FROM coalesce(closed_at, now()) - opened_at)))::bigint AS "longestSeconds"
        FROM optout.finding WHERE opened_at < $2 AND (closed_at IS NULL OR closed_at >= $1) GROUP BY kind ORDER BY kind LIMIT 1000
        """);

    public static readonly Section Incidents = new("incidents", "Incidents",
        """
        SELECT 'inc_' || translate(incident_id::text, '-', '') AS incident, title, severity, integrity_lock AS "integrityLock",
            opened_at AS "openedAt", closed_at AS "closedAt", summary
        FROM optout.incident WHERE opened_at < $2 AND (closed_at IS NULL OR closed_at >= $1) ORDER BY opened_at LIMIT 1000
        """);

    public static readonly Section Witness = new("ledger_witness", "Witnesses of the ledger",
        """
        SELECT witness, max(size) AS "newestSize", max(cosigned_at) AS "lastCosignedAt",
            count(*) FILTER (WHERE cosigned_at >= $1 AND cosigned_at < $2) AS cosignatures
        FROM ledger.cosignature GROUP BY witness ORDER BY witness LIMIT 100
        """, "No row: nobody outside has cosigned a checkpoint.");

    public static readonly Section Ledger = new("ledger", "Ledger",
        """
        SELECT h.size AS size, c.size AS "checkpointSize", c.signed_at AS "checkpointSignedAt",
            (SELECT count(*) FROM (SELECT FROM ledger.pending LIMIT 100000) p) AS waiting
        FROM ledger.head h LEFT JOIN LATERAL (SELECT size, signed_at FROM ledger.checkpoint ORDER BY size DESC LIMIT 1) c ON true
        WHERE $1::timestamptz < $2::timestamptz
        """);
}
