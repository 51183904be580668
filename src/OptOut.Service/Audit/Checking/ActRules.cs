namespace OptOut.Service.Audit.Checking;

/// <summary>
/// Which act each kind of leaf belongs to, as SQL over `leaf (id, entry_index, kind, record, version, outcome)`: the leaves
/// of all rare kinds, parsed once. A rule gives (code, entry_index, entry_id) of what contradicts it. A kind that is new gets
/// its rule here; until then the audit counts its leaves as not compared.
/// </summary>
internal static class ActRules
{
    /// <summary>Kinds with a row that names its leaf; they are compared by a join, not by a rule.</summary>
    public static readonly string[] Joined = ["recorded", "reversed", "acknowledged"];

    /// <summary>Kinds that the rules below compare.</summary>
    public static readonly string[] Ruled =
    [
        "reaffirmed", "parked", "resent", "merged", "purpose_changed", "override_asked", "key_made", "key_rotated",
        "key_revoked",
        "system_registered", "system_changed", "system_paused", "system_resumed", "system_retired", "system_replayed",
        "system_secret_rotated", "decided", "reconciled", "imported",
        "erased", "restored",
    ];

    private const string Missing = "'" + ActAudit.ActMissing + "'";
    private const string Leafless = "'" + ActAudit.LeafMissing + "'";
    private const string Twice = "'" + ActAudit.LeafTwice + "'";
    private const string Edited = "'" + ActAudit.RowEdited + "'";

    private const string PurposeRecord =
        "encode(substring(sha256(convert_to('purpose:' || p.name, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid";

    private static readonly string[] Rules =
    [
        // That a stop was said again: of a version that there is.
        $"""
        SELECT {Missing}, l.entry_index, l.id FROM leaf l WHERE l.kind = 'reaffirmed' AND NOT EXISTS (
            SELECT FROM optout.opt_out_version v WHERE v.opt_out_id = l.record AND v.version = l.version)
        """,
        $"""
        SELECT {Missing}, l.entry_index, l.id FROM leaf l WHERE l.kind = 'parked' AND NOT EXISTS (
            SELECT FROM optout.delivery d WHERE d.delivery_id = l.record)
        """,
        $"""
        SELECT {Leafless}, NULL::bigint, d.delivery_id FROM optout.delivery d WHERE d.state = 'parked'
            AND NOT EXISTS (SELECT FROM leaf l WHERE l.kind = 'parked' AND l.record = d.delivery_id)
        """,
        $"""
        SELECT CASE WHEN l.id IS NULL THEN {Leafless} ELSE {Missing} END, l.entry_index, coalesce(l.id, r.ledger_entry_id)
        FROM optout.resend r FULL JOIN (SELECT * FROM leaf WHERE kind = 'resent') l ON l.id = r.ledger_entry_id
        WHERE l.id IS NULL OR r.ledger_entry_id IS NULL
        """,
        // A person is merged away once; who answers for them may move on later.
        $"""
        SELECT {Missing}, l.entry_index, l.id FROM leaf l WHERE l.kind = 'merged' AND NOT EXISTS (
            SELECT FROM optout.subject s WHERE s.subject_id = l.record AND s.survivor_id <> s.subject_id)
        """,
        $"""
        SELECT CASE count(l.id) WHEN 0 THEN {Leafless} ELSE {Twice} END, max(l.entry_index), s.subject_id
        FROM optout.subject s LEFT JOIN leaf l ON l.kind = 'merged' AND l.record = s.subject_id
        WHERE s.survivor_id <> s.subject_id GROUP BY s.subject_id HAVING count(l.id) <> 1
        """,
        // The purposes of the first day have no leaf for their first version.
        $"""
        SELECT {Leafless}, NULL::bigint, {PurposeRecord} FROM optout.purpose p
        WHERE (p.version > 1 OR p.name NOT IN
                ('all', 'marketing', 'sale_or_share', 'profiling', 'analytics', 'research', 'ai_training'))
            AND NOT EXISTS (SELECT FROM leaf l WHERE l.kind = 'purpose_changed' AND l.record = {PurposeRecord}
                AND l.version = p.version)
        """,
        $"""
        SELECT {Missing}, l.entry_index, l.id FROM leaf l WHERE l.kind = 'purpose_changed' AND NOT EXISTS (
            SELECT FROM optout.purpose p WHERE {PurposeRecord} = l.record AND p.version >= l.version)
        """,
        $"""
        SELECT {Leafless}, NULL::bigint, a.approval_id FROM optout.approval a
        WHERE 1 <> (SELECT count(*) FROM leaf l WHERE l.kind = 'override_asked' AND l.record = a.approval_id)
        """,
        $"""
        SELECT {Missing}, l.entry_index, l.id FROM leaf l WHERE l.kind = 'override_asked' AND NOT EXISTS (
            SELECT FROM optout.approval a WHERE a.approval_id = l.record)
        """,
        // A key's record is its 16 hex digits in the first half of a uuid.
        $"""
        SELECT {Leafless}, NULL::bigint, NULL::uuid FROM optout.api_key k
        WHERE 1 <> (SELECT count(*) FROM leaf l WHERE l.kind = 'key_made' AND left(translate(l.record::text, '-', ''), 16) = k.key_id)
            OR (k.revoked_at IS NOT NULL) <> EXISTS (
                SELECT FROM leaf l WHERE l.kind = 'key_revoked' AND left(translate(l.record::text, '-', ''), 16) = k.key_id)
        """,
        $"""
        SELECT {Missing}, l.entry_index, l.id FROM leaf l WHERE l.kind IN ('key_made', 'key_rotated', 'key_revoked')
            AND NOT EXISTS (SELECT FROM optout.api_key k WHERE k.key_id = left(translate(l.record::text, '-', ''), 16))
        """,
        // One leaf covers a chunk of decisions, and says how many.
        $"""
        SELECT CASE WHEN l.id IS NULL THEN {Leafless} ELSE {Edited} END, l.entry_index, d.id
        FROM (SELECT ledger_entry_id AS id, count(*) AS count FROM optout.decision GROUP BY 1) d
        LEFT JOIN leaf l ON l.kind = 'decided' AND l.id = d.id WHERE l.id IS NULL OR l.version <> d.count
        """,
        $"""
        SELECT {Missing}, l.entry_index, l.id FROM leaf l WHERE l.kind = 'decided' AND NOT EXISTS (
            SELECT FROM optout.decision d WHERE d.ledger_entry_id = l.id)
        """,
        $"""
        SELECT CASE WHEN l.id IS NULL THEN {Leafless} ELSE {Missing} END, l.entry_index, coalesce(l.id, r.ledger_entry_id)
        FROM optout.reconciliation r FULL JOIN (SELECT * FROM leaf WHERE kind = 'reconciled') l ON l.id = r.ledger_entry_id
        WHERE l.id IS NULL OR r.ledger_entry_id IS NULL
        """,
        $"""
        SELECT {Missing}, l.entry_index, l.id FROM leaf l WHERE l.kind = 'imported' AND NOT EXISTS (
            SELECT FROM optout.import_job j WHERE j.import_id = l.record)
        """,
        $"""
        SELECT {Leafless}, NULL::bigint, r.recovery_id FROM ledger.recovery r WHERE r.state = 'done' AND 1 <> (
            SELECT count(*) FROM leaf l WHERE l.kind = 'restored' AND l.record = r.recovery_id)
        """,
        $"""
        SELECT {Missing}, l.entry_index, l.id FROM leaf l WHERE l.kind = 'restored' AND NOT EXISTS (
            SELECT FROM ledger.recovery r WHERE r.recovery_id = l.record AND r.state = 'done')
        """,
        // An erasure that no leaf speaks of makes no missing opening lawful.
        $"""
        SELECT {Leafless}, NULL::bigint, e.ledger_entry_id FROM optout.erasure e WHERE e.state = 'erased' AND 1 <> (
            SELECT count(*) FROM leaf l WHERE l.kind = 'erased' AND l.record = e.erasure_id AND l.id = e.ledger_entry_id)
        """,
        $"""
        SELECT {Missing}, l.entry_index, l.id FROM leaf l WHERE l.kind = 'erased' AND NOT EXISTS (
            SELECT FROM optout.erasure e WHERE e.erasure_id = l.record AND e.state = 'erased')
        """,
        // The newest leaf about a system says its version and its state.
        $"""
        SELECT {Leafless}, NULL::bigint, y.public_id FROM optout.system y WHERE 1 <> (
            SELECT count(*) FROM leaf l WHERE l.kind = 'system_registered' AND l.record = y.public_id)
        """,
        $"""
        SELECT {Edited}, l.entry_index, l.id FROM optout.system y CROSS JOIN LATERAL (
            SELECT * FROM leaf l WHERE l.record = y.public_id AND l.kind LIKE 'system\_%'
            ORDER BY l.place DESC LIMIT 1) l
        WHERE l.version <> y.version OR l.outcome IS DISTINCT FROM y.state
        """,
        $"""
        SELECT {Missing}, l.entry_index, l.id FROM leaf l WHERE l.kind LIKE 'system\_%' AND NOT EXISTS (
            SELECT FROM optout.system y WHERE y.public_id = l.record)
        """,
    ];

    /// <summary>All rules in one statement, so that the leaves are parsed once.</summary>
    public static readonly string Statement =
        $"""
        WITH leaf AS MATERIALIZED (
            SELECT l.entry_id AS id, l.entry_index, l.place, j.leaf ->> 'kind' AS kind, (j.leaf ->> 'record')::uuid AS record,
                (j.leaf ->> 'version')::bigint AS version, j.leaf ->> 'outcome' AS outcome
            FROM ledger.leaf l CROSS JOIN LATERAL (SELECT convert_from(l.leaf, 'UTF8')::jsonb AS leaf) j
            WHERE l.leaf IS NOT NULL AND j.leaf ->> 'kind' <> ALL ($1))
        SELECT * FROM (
        {string.Join("\nUNION ALL\n", Rules.Select(rule => $"({rule})"))}
        UNION ALL
        (SELECT '{ActAudit.NotCompared}', min(entry_index), NULL::uuid FROM leaf WHERE kind <> ALL ($2) GROUP BY kind)
        ) f LIMIT 1000
        """;
}
