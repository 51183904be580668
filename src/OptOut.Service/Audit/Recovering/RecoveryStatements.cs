namespace OptOut.Service.Audit.Recovering;

/// <summary>
/// How a frame ($1, JSON of the database's own rows) becomes rows again. Each may be done twice. What has been
/// recorded since the restore stays: where both speak of one scope, the one that is there holds, and a stop is a stop.
/// </summary>
internal static class RecoveryStatements
{
    public const int Versions = 2;
    public const int Erasures = 4;

    public static readonly string[] Reapply =
    [
        """
        INSERT INTO optout.subject SELECT r.* FROM jsonb_populate_recordset(NULL::optout.subject, $1 -> 'subjects') r ON CONFLICT DO NOTHING
        """,
        """
        INSERT INTO optout.identifier SELECT r.* FROM jsonb_populate_recordset(NULL::optout.identifier, $1 -> 'identifiers') r ON CONFLICT DO NOTHING
        """,
        """
        INSERT INTO optout.opt_out_version
        SELECT r.* FROM jsonb_populate_recordset(NULL::optout.opt_out_version, $1 -> 'versions') r
        ORDER BY r.opt_out_id, r.version ON CONFLICT DO NOTHING
        """,
        """
        INSERT INTO ledger.opening SELECT r.* FROM jsonb_populate_recordset(NULL::ledger.opening, $1 -> 'openings') r ON CONFLICT DO NOTHING
        """,
        // The backup has brought back what was deleted; the keys are gone. It is done once more, at once.
        """
        INSERT INTO optout.erasure (erasure_id, subject_id, requested_by, requested_at, due_at)
        SELECT r.erasure_id, r.subject_id, r.requested_by, r.requested_at, r.requested_at
        FROM jsonb_populate_recordset(NULL::optout.erasure, $1 -> 'erasures') r
        ON CONFLICT DO NOTHING
        """,
    ];

    public const string Merge =
        """
        UPDATE optout.subject s SET survivor_id = t.survivor_id
        FROM (SELECT DISTINCT ON (r.subject_id) r.subject_id, o.survivor_id
              FROM jsonb_populate_recordset(NULL::optout.identifier, $1 -> 'identifiers') r
              JOIN optout.identifier i ON i.lookup_hash = r.lookup_hash AND i.subject_id <> r.subject_id
              JOIN optout.subject o ON o.subject_id = i.subject_id
              ORDER BY r.subject_id) t
        WHERE s.subject_id = t.subject_id AND s.survivor_id = s.subject_id AND t.survivor_id <> s.subject_id
        RETURNING s.subject_id, s.survivor_id
        """;

    public const string TellAgain =
        """
        UPDATE optout.system_status t SET backfill_pass = 1, backfill_after = NULL, backfill_until = now(), backfill_done = 0,
            backfill_finished_at = NULL
        FROM optout.system y WHERE y.system_id = t.system_id AND y.state <> 'retired'
        """;
}
