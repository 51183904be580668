-- Enforcement: what gates are told, what was blocked, what systems would still contact, and what is imported.

-- In which transaction a version was written. A reader that has seen everything below some transaction's number has
-- missed nothing, whatever order transactions end in. A row is never changed, so neither is this.
ALTER TABLE optout.opt_out_version ADD COLUMN change_xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX opt_out_version_change ON optout.opt_out_version (change_xid);

-- Gates and filters ask by feed hash. Equality is all that is asked, and a hash index is a third of the other's size.
CREATE INDEX identifier_feed ON optout.identifier USING hash (feed_hash);

-- Answers that mattered: what was blocked, cancelled, let through by an override, sent after the stop, or still found on a
-- system's list; each against the version that stood. The chunk's leaf holds the Merkle root over its rows in their order.
CREATE TABLE optout.decision (
    decision_id     uuid NOT NULL,
    opt_out_id      uuid NOT NULL,
    version         integer NOT NULL,
    purpose         text COLLATE "C" NOT NULL,
    channel         text COLLATE "C" NOT NULL,
    outcome         text COLLATE "C" NOT NULL CHECK (outcome IN ('blocked', 'cancelled', 'sent', 'overridden', 'listed')),
    mode            text COLLATE "C" NOT NULL CHECK (mode IN ('check', 'filter', 'gate', 'live', 'reconciliation')),
    -- When it happened: a claim where it was reported, ours where it was decided here.
    at              timestamptz NOT NULL,
    -- The press: what left at or after it left after the stop.
    effective_from  timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    asked_by        text NOT NULL,
    message_id      text,
    ledger_entry_id uuid NOT NULL,
    place           integer NOT NULL CHECK (place >= 0),
    PRIMARY KEY (opt_out_id, decision_id)
);
CREATE INDEX decision_chunk ON optout.decision (ledger_entry_id, place);
-- What slipped through, for the findings.
CREATE INDEX decision_leaked ON optout.decision (recorded_at, decision_id) WHERE outcome IN ('sent', 'listed');
-- A report that comes twice is stored once.
CREATE UNIQUE INDEX decision_message ON optout.decision (asked_by, message_id, opt_out_id, outcome)
    WHERE message_id IS NOT NULL;
SELECT optout.make_append_only('optout.decision');

-- How often the answer was go or unknown: counted, not stored one by one.
CREATE TABLE optout.decision_tally (
    day      date NOT NULL,
    asked_by text NOT NULL,
    mode     text COLLATE "C" NOT NULL,
    purpose  text COLLATE "C" NOT NULL,
    channel  text COLLATE "C" NOT NULL,
    go       bigint NOT NULL,
    unknown  bigint NOT NULL,
    PRIMARY KEY (day, asked_by, mode, purpose, channel)
) WITH (fillfactor = 50);

-- A system read out whom it would still contact.
CREATE TABLE optout.reconciliation (
    reconciliation_id uuid PRIMARY KEY,
    system_id         integer NOT NULL,
    asked_by          text NOT NULL,
    complete          boolean NOT NULL,
    started_at        timestamptz NOT NULL,
    finished_at       timestamptz NOT NULL,
    lines             bigint NOT NULL,
    stopped           bigint NOT NULL,
    unreadable        bigint NOT NULL,
    reopened          bigint NOT NULL,
    list_digest       bytea NOT NULL CHECK (octet_length(list_digest) = 32),
    ledger_entry_id   uuid NOT NULL
);
CREATE INDEX reconciliation_system ON optout.reconciliation (system_id, finished_at);
SELECT optout.make_append_only('optout.reconciliation');

-- The watermark of the last whole reconciliation; it survives every restart.
ALTER TABLE optout.system_status ADD COLUMN last_reconciled_at timestamptz;

-- Stops that came as a file.
CREATE TABLE optout.import_job (
    import_id       uuid PRIMARY KEY,
    state           text COLLATE "C" NOT NULL
        CHECK (state IN ('receiving', 'awaiting_approval', 'running', 'finished', 'refused', 'failed')),
    format          text COLLATE "C" NOT NULL,
    dry_run         boolean NOT NULL,
    settings        jsonb NOT NULL,
    caller          text COLLATE "C" NOT NULL,
    requested_by    text NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    file_digest     bytea,
    file_bytes      bigint NOT NULL DEFAULT 0,
    rows            bigint NOT NULL DEFAULT 0,
    chunks          integer NOT NULL DEFAULT 0,
    chunks_done     integer NOT NULL DEFAULT 0,
    created         bigint NOT NULL DEFAULT 0,
    repeated        bigint NOT NULL DEFAULT 0,
    rejected        bigint NOT NULL DEFAULT 0,
    reason_code     text COLLATE "C",
    approval_id     uuid,
    requested_at    timestamptz NOT NULL,
    finished_at     timestamptz,
    UNIQUE (caller, idempotency_key),
    CHECK ((state IN ('finished', 'refused', 'failed')) = (finished_at IS NOT NULL))
);
CREATE INDEX import_job_open ON optout.import_job (requested_at) WHERE finished_at IS NULL;
SELECT optout.make_lasting('optout.import_job');

-- The file in pieces of up to a thousand rows: sealed until it is worked, then only what came of each row.
CREATE TABLE optout.import_chunk (
    import_id uuid NOT NULL,
    chunk     integer NOT NULL,
    rows      integer NOT NULL,
    sealed    bytea,
    results   bytea,
    PRIMARY KEY (import_id, chunk),
    CHECK ((sealed IS NULL) <> (results IS NULL))
);
