-- The clock that watches: rules with their heartbeat, findings, alerts, probes, incidents, reports and notices.
-- Times here are the database's own: several replicas take turns, and none may be misled by its neighbour's clock.

-- One row a rule: when it last looked, how far it has read, and whether it failed.
CREATE TABLE optout.rule_state (
    rule         text COLLATE "C" PRIMARY KEY,
    interval_ms  integer NOT NULL CHECK (interval_ms > 0),
    watermark    text,
    started_at   timestamptz,
    finished_at  timestamptz,
    duration_ms  integer NOT NULL DEFAULT 0,
    failures     integer NOT NULL DEFAULT 0,
    failure_code text COLLATE "C",
    created_at   timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- Something that is wrong, with whom, since when. One open row for each subject of complaint; closed ones stay.
CREATE TABLE optout.finding (
    finding_id          uuid PRIMARY KEY,
    kind                text COLLATE "C" NOT NULL,
    about               text COLLATE "C" NOT NULL CHECK (length(about) <= 200),
    severity            text COLLATE "C" NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    owner               text NOT NULL,
    system_id           integer,
    evidence            jsonb NOT NULL,
    total               bigint NOT NULL,
    opened_at           timestamptz NOT NULL,
    seen_at             timestamptz NOT NULL,
    closed_at           timestamptz,
    acknowledged_at     timestamptz,
    acknowledged_by     text,
    acknowledged_reason text,
    silenced_until      timestamptz,
    silenced_by         text,
    silenced_reason     text,
    -- How often it was raised again because nobody took it, and when that happens next; null where it does not.
    escalation          smallint NOT NULL DEFAULT 0,
    escalate_at         timestamptz,
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
    CHECK ((silenced_until IS NULL) = (silenced_by IS NULL))
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX finding_open ON optout.finding (kind, about) WHERE closed_at IS NULL;
CREATE INDEX finding_past ON optout.finding (kind, about, closed_at);
CREATE INDEX finding_escalation ON optout.finding (escalate_at) WHERE closed_at IS NULL AND acknowledged_at IS NULL;
SELECT optout.make_lasting('optout.finding');

-- What has to be said about findings, to whom; kept until it was said, however long the receiver is away.
CREATE TABLE optout.alert (
    alert_id   uuid PRIMARY KEY,
    finding_id uuid NOT NULL REFERENCES optout.finding (finding_id),
    channel    text COLLATE "C" NOT NULL,
    event      text COLLATE "C" NOT NULL CHECK (event IN ('opened', 'escalated', 'closed')),
    step       smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at     timestamptz NOT NULL,
    attempts   integer NOT NULL DEFAULT 0,
    code       text COLLATE "C",
    done_at    timestamptz,
    UNIQUE (finding_id, channel, event, step)
) WITH (fillfactor = 70);
CREATE INDEX alert_due ON optout.alert (due_at) WHERE done_at IS NULL;
SELECT optout.make_lasting('optout.alert');

-- Records in order of time: they are written so, hence this index costs next to nothing.
CREATE INDEX opt_out_version_time ON optout.opt_out_version USING brin (recorded_at)
    WITH (pages_per_range = 32, autosummarize = on);

-- Business opt-outs a minute and why: what a surge is measured against. Synthetic ones are not in it.
CREATE TABLE optout.opt_out_minute (
    minute        timestamptz NOT NULL,
    purpose       text COLLATE "C" NOT NULL,
    origin_system text NOT NULL,
    origin_method text COLLATE "C" NOT NULL,
    reason_code   text COLLATE "C" NOT NULL,
    opt_outs      bigint NOT NULL,
    PRIMARY KEY (minute, purpose, origin_system, origin_method, reason_code)
);

-- Something is badly wrong and people are on it. While one is open the watch is tighter, and with an integrity lock
-- whatever lowers protection needs two people.
CREATE TABLE optout.incident (
    incident_id    uuid PRIMARY KEY,
    title          text NOT NULL CHECK (length(title) <= 200),
    severity       text COLLATE "C" NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    integrity_lock boolean NOT NULL,
    finding_id     uuid,
    opened_by      text NOT NULL,
    opened_at      timestamptz NOT NULL,
    closed_by      text,
    closed_at      timestamptz,
    summary        text,
    CHECK ((closed_at IS NULL) = (summary IS NULL))
);
CREATE INDEX incident_open ON optout.incident (incident_id) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX incident_finding ON optout.incident (finding_id) WHERE finding_id IS NOT NULL;
SELECT optout.make_lasting('optout.incident');

-- Ids are version 7 uuids: the time in one, and the first id of a time. So the primary key serves windows of time.
CREATE FUNCTION optout.time_of(id uuid) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_timestamp(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000.0)
$$;
CREATE FUNCTION optout.first_id_at(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

-- Synthetic stops that went the whole way, or did not.
CREATE TABLE optout.probe (
    probe_id     uuid PRIMARY KEY,
    requested_by text NOT NULL,
    state        text COLLATE "C" NOT NULL CHECK (state IN ('running', 'passed', 'failed')),
    reason_code  text COLLATE "C",
    stages       jsonb NOT NULL DEFAULT '[]',
    started_at   timestamptz NOT NULL,
    ends_by      timestamptz NOT NULL,
    finished_at  timestamptz,
    CHECK ((state = 'running') = (finished_at IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX probe_running ON optout.probe (ends_by) WHERE finished_at IS NULL;
SELECT optout.make_lasting('optout.probe');

CREATE TABLE optout.probe_system (
    probe_id  uuid NOT NULL REFERENCES optout.probe (probe_id),
    system_id integer NOT NULL,
    verdict   text COLLATE "C" CHECK (verdict IN ('applied', 'no_match', 'refused', 'timeout', 'not_told', 'lost')),
    lag_ms    bigint,
    PRIMARY KEY (system_id, probe_id)
);
CREATE INDEX probe_system_probe ON optout.probe_system (probe_id);
CREATE INDEX probe_system_good ON optout.probe_system (system_id, probe_id) WHERE verdict IN ('applied', 'no_match');
SELECT optout.make_lasting('optout.probe_system');

-- Reports read periods: decisions are written in order of time, and what probes made is left out of business figures.
CREATE INDEX decision_time ON optout.decision USING brin (recorded_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX opt_out_version_synthetic ON optout.opt_out_version (opt_out_id) WHERE synthetic;

-- Reports as they were given out: the bytes, and the leaf that seals their hash.
CREATE TABLE optout.report (
    report_id       uuid PRIMARY KEY,
    period_from     timestamptz NOT NULL,
    period_to       timestamptz NOT NULL,
    content         bytea NOT NULL,
    content_hash    bytea NOT NULL CHECK (content_hash = sha256(content)),
    generated_by    text NOT NULL,
    generated_at    timestamptz NOT NULL,
    ledger_entry_id uuid NOT NULL,
    CHECK (period_from < period_to)
);
SELECT optout.make_append_only('optout.report');
