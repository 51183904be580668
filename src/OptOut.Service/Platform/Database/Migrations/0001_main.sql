-- The whole design of the main database. Times are ours (the service's clock) unless a column says otherwise.
-- Evidence tables take INSERT and SELECT only; triggers and grants refuse the rest, for the owner's everyday login too.
-- Hot tables carry no foreign keys: one write path fills them in one transaction and nothing in them is ever deleted,
-- so a key check per row would cost a third of the write rate and prove nothing new.

CREATE SCHEMA IF NOT EXISTS optout;
CREATE SCHEMA IF NOT EXISTS ledger;

CREATE FUNCTION optout.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'evidence is append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Makes a table append-only: rows refuse UPDATE and DELETE, the table refuses TRUNCATE, in every replication role.
CREATE FUNCTION optout.make_append_only(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER refuse_row_change BEFORE UPDATE OR DELETE ON %s '
                   'FOR EACH ROW EXECUTE FUNCTION optout.refuse_change()', target);
    EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s '
                   'FOR EACH STATEMENT EXECUTE FUNCTION optout.refuse_change()', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_row_change', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_truncate', target);
END $$;

-- Makes a table lasting: its rows may change, and none ever goes.
CREATE FUNCTION optout.make_lasting(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON %s '
                   'FOR EACH STATEMENT EXECUTE FUNCTION optout.refuse_change()', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_removal', target);
END $$;

-- What data is used for: a dotted tree under the root `all`.
CREATE TABLE optout.purpose (
    name              text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z0-9_]+(\.[a-z0-9_]+)*$' AND length(name) <= 128),
    parent            text COLLATE "C" REFERENCES optout.purpose (name),
    display_name      text NOT NULL CHECK (length(display_name) <= 200),
    overridable       boolean NOT NULL DEFAULT false,
    objective_seconds integer NOT NULL DEFAULT 60 CHECK (objective_seconds BETWEEN 1 AND 2592000),
    version           integer NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CHECK ((name = 'all') = (parent IS NULL))
);
INSERT INTO optout.purpose (name, parent, display_name) VALUES
    ('all', NULL, 'Everything'),
    ('marketing', 'all', 'Marketing'),
    ('sale_or_share', 'all', 'Sale or sharing of personal data'),
    ('profiling', 'all', 'Profiling'),
    ('analytics', 'all', 'Analytics'),
    ('research', 'all', 'Research'),
    ('ai_training', 'all', 'Training of AI models');

-- A person. After a merge `survivor_id` names the subject that answers for it; no other row is rewritten.
CREATE TABLE optout.subject (
    subject_id  uuid PRIMARY KEY,
    survivor_id uuid NOT NULL,
    synthetic   boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL
);
CREATE INDEX subject_merged ON optout.subject (survivor_id) WHERE survivor_id <> subject_id;
SELECT optout.make_lasting('optout.subject');

-- A person's address, number or id: found by keyed hash, readable only with the subject's key.
-- The hash covers the type, so it is unique alone. The ciphertext is emptied by erasure, the hash stays.
CREATE TABLE optout.identifier (
    identifier_id    uuid PRIMARY KEY,
    subject_id       uuid NOT NULL,
    type             text COLLATE "C" NOT NULL,
    lookup_key_id    text COLLATE "C" NOT NULL,
    lookup_hash      bytea NOT NULL CHECK (octet_length(lookup_hash) = 32),
    feed_key_id      text COLLATE "C" NOT NULL,
    feed_hash        bytea NOT NULL CHECK (octet_length(feed_hash) = 32),
    value_ciphertext bytea,
    rules_version    smallint NOT NULL,
    created_at       timestamptz NOT NULL
);
CREATE UNIQUE INDEX identifier_lookup ON optout.identifier (lookup_hash);
CREATE INDEX identifier_subject ON optout.identifier (subject_id);
SELECT optout.make_lasting('optout.identifier');

-- The records: every version of every opt-out, for ever. The newest version of a scope is what stands.
CREATE TABLE optout.opt_out_version (
    opt_out_id      uuid NOT NULL,
    version         integer NOT NULL CHECK (version >= 1),
    subject_id      uuid NOT NULL,
    purpose         text COLLATE "C" NOT NULL,
    channel         text COLLATE "C" NOT NULL CHECK (channel IN ('any', 'email', 'sms', 'phone', 'post', 'push', 'ads')),
    state           text COLLATE "C" NOT NULL CHECK (state IN ('opted_out', 'opted_in')),
    occurred_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    actor_type      text COLLATE "C" NOT NULL CHECK (actor_type IN ('subject', 'agent', 'operator', 'system')),
    actor_id        text,
    origin_system   text NOT NULL,
    origin_method   text COLLATE "C" NOT NULL
        CHECK (origin_method IN ('api', 'page', 'link', 'one_click', 'gpc', 'agent', 'import', 'vendor', 'probe')),
    reason_code     text COLLATE "C" NOT NULL,
    regime          text COLLATE "C",
    synthetic       boolean NOT NULL DEFAULT false,
    record_hash     bytea NOT NULL CHECK (octet_length(record_hash) = 32),
    ledger_entry_id uuid NOT NULL,
    recorded_by     text NOT NULL,
    trace_parent    text,
    PRIMARY KEY (opt_out_id, version),
    UNIQUE (subject_id, purpose, channel, version),
    CHECK (version > 1 OR state = 'opted_out')
);
SELECT optout.make_append_only('optout.opt_out_version');

-- Who repeated a stop that somebody else had recorded, and so may read it too: at most a row for each opt-out and key.
CREATE TABLE optout.reaffirmation (
    opt_out_id    uuid NOT NULL,
    reaffirmed_by text COLLATE "C" NOT NULL,
    PRIMARY KEY (opt_out_id, reaffirmed_by)
);
SELECT optout.make_append_only('optout.reaffirmation');

-- A downstream application or vendor, and what it subscribes to.
CREATE TABLE optout.system (
    system_id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    public_id            uuid NOT NULL UNIQUE,
    name                 text COLLATE "C" NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9-]{1,63}$'),
    display_name         text NOT NULL,
    kind                 text COLLATE "C" NOT NULL CHECK (kind IN ('internal', 'vendor')),
    owner                text NOT NULL,
    channel              jsonb NOT NULL,
    contract             jsonb NOT NULL,
    state                text COLLATE "C" NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'retired')),
    state_reason         text,
    hmac_key_id          text COLLATE "C" NOT NULL,
    version              integer NOT NULL DEFAULT 1,
    created_at           timestamptz NOT NULL,
    updated_at           timestamptz NOT NULL
);

-- What changes about a system while it works; apart, so that the registry's revision moves only when the registry does.
CREATE TABLE optout.system_status (
    system_id            integer PRIMARY KEY REFERENCES optout.system (system_id),
    last_acknowledged_at timestamptz,
    -- How far the standing stops have been handed over. The second pass begins after backfill_until and catches what
    -- writers recorded under an older registry; done when finished_at is set.
    backfill_pass        smallint NOT NULL DEFAULT 1 CHECK (backfill_pass IN (1, 2)),
    backfill_after       uuid,
    backfill_until       timestamptz NOT NULL,
    backfill_done        bigint NOT NULL DEFAULT 0,
    backfill_finished_at timestamptz,
    -- Identifier types that a change of the contract has added, and when: who was told before is told again with them.
    widened_types        text[] COLLATE "C",
    widened_at           timestamptz,
    -- The breaker: failed calls since the last that worked, since when calls are stopped, when one may be tried, and
    -- until when the receiver asked to be left alone. All by this database's clock.
    failures             integer NOT NULL DEFAULT 0,
    breaker_opened_at    timestamptz,
    breaker_probe_at     timestamptz,
    hold_until           timestamptz,
    CHECK ((breaker_opened_at IS NULL) = (breaker_probe_at IS NULL))
) WITH (fillfactor = 50);

-- Open deliveries of a system that are made due, page by page: because it is well again, because an operator asked, or
-- because its queue was lost. One that starts later than now waits until then.
CREATE TABLE optout.redrive (
    redrive_id   uuid PRIMARY KEY,
    system_id    integer NOT NULL REFERENCES optout.system (system_id),
    kind         text COLLATE "C" NOT NULL CHECK (kind IN ('healed', 'replay', 'queue_lost')),
    since        timestamptz,
    after_id     uuid,
    done         bigint NOT NULL DEFAULT 0,
    requested_by text NOT NULL,
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    CHECK ((kind = 'healed') = (since IS NULL))
);
CREATE INDEX redrive_unfinished ON optout.redrive (system_id) WHERE finished_at IS NULL;
SELECT optout.make_lasting('optout.redrive');

-- The queues that were made on the broker, and when last: a young one may be forgotten by a broker that is killed.
CREATE TABLE optout.broker_queue (
    name    text COLLATE "C" PRIMARY KEY,
    made_at timestamptz NOT NULL,
    made    integer NOT NULL DEFAULT 1
);

-- Signing secrets, sealed under the master key. Two are valid at once during a rotation.
CREATE TABLE optout.system_secret (
    secret_id  uuid PRIMARY KEY,
    system_id  integer NOT NULL REFERENCES optout.system (system_id),
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz
);
CREATE INDEX system_secret_system ON optout.system_secret (system_id);

-- Every process keeps purposes and systems in memory and reads this one row with each batch: another number, load again.
CREATE TABLE optout.registry_revision (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    revision bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO optout.registry_revision (revision) VALUES (1);

CREATE FUNCTION optout.advance_registry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE optout.registry_revision SET revision = revision + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER advance_registry AFTER INSERT OR UPDATE OR DELETE ON optout.purpose
    FOR EACH STATEMENT EXECUTE FUNCTION optout.advance_registry();
CREATE TRIGGER advance_registry AFTER INSERT OR UPDATE OR DELETE ON optout.system
    FOR EACH STATEMENT EXECUTE FUNCTION optout.advance_registry();
CREATE TRIGGER advance_registry AFTER INSERT OR UPDATE OR DELETE ON optout.system_secret
    FOR EACH STATEMENT EXECUTE FUNCTION optout.advance_registry();

-- One version for one system: the evidence of what was told and done. States: docs/lifecycle.md.
-- Every update is HOT: no index covers a column that changes, and a page has room for a second version of all its rows,
-- since one statement moves them all.
CREATE TABLE optout.delivery (
    delivery_id        uuid PRIMARY KEY,
    opt_out_id         uuid NOT NULL,
    version            integer NOT NULL,
    system_id          integer NOT NULL,
    state              text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'sent', 'received', 'applied', 'no_match',
                           'refused', 'retrying', 'parked', 'superseded', 'verified')),
    attempts           integer NOT NULL DEFAULT 0,
    -- Tries ahead of its time, as the breaker's probe: they are evidence and no step of the schedule.
    probes             integer NOT NULL DEFAULT 0,
    -- How often an operator asked for it. A try that began before the question says nothing about when it is due.
    asked              integer NOT NULL DEFAULT 0,
    recorded_at        timestamptz NOT NULL,
    apply_by           timestamptz NOT NULL,
    next_attempt_at    timestamptz,
    sent_at            timestamptz,
    received_at        timestamptz,
    closed_at          timestamptz,
    acknowledgement_id uuid,
    reason_code        text COLLATE "C",
    UNIQUE (opt_out_id, version, system_id),
    CHECK ((state IN ('applied', 'no_match', 'refused', 'superseded', 'verified')) = (closed_at IS NOT NULL))
) WITH (fillfactor = 50);
SELECT optout.make_lasting('optout.delivery');

-- The work: one narrow row for each delivery that is not closed. Its absence is the proof that nothing is due.
CREATE TABLE optout.open_delivery (
    delivery_id uuid PRIMARY KEY,
    system_id   integer NOT NULL,
    opt_out_id  uuid NOT NULL,
    version     integer NOT NULL,
    part        smallint NOT NULL,
    due_at      timestamptz NOT NULL,
    apply_by    timestamptz NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000, autovacuum_vacuum_cost_delay = 0);
-- By part, since a worker asks for its own parts only: else it would read past everyone else's rows.
CREATE INDEX open_delivery_due ON optout.open_delivery (system_id, part, due_at);

-- Each try of a delivery.
CREATE TABLE optout.attempt (
    delivery_id uuid NOT NULL,
    number      integer NOT NULL,
    started_at  timestamptz NOT NULL,
    ended_at    timestamptz NOT NULL,
    outcome     text COLLATE "C" NOT NULL,
    status_code integer,
    worker      text NOT NULL,
    PRIMARY KEY (delivery_id, number)
);
SELECT optout.make_append_only('optout.attempt');

-- The system's signed word on what it did.
CREATE TABLE optout.acknowledgement (
    acknowledgement_id uuid PRIMARY KEY,
    delivery_id        uuid NOT NULL,
    system_id          integer NOT NULL,
    outcome            text COLLATE "C" NOT NULL
        CHECK (outcome IN ('received', 'applied', 'no_match', 'refused', 'failed')),
    applied_at         timestamptz,
    actions            jsonb NOT NULL,
    reason             text,
    source             text COLLATE "C" NOT NULL
        CHECK (source IN ('amqp', 'http', 'webhook_response', 'vendor_response', 'confirmation_link')),
    message_id         text NOT NULL,
    body_hash          bytea NOT NULL CHECK (octet_length(body_hash) = 32),
    received_at        timestamptz NOT NULL,
    ledger_entry_id    uuid NOT NULL
);
CREATE INDEX acknowledgement_delivery ON optout.acknowledgement (delivery_id);
SELECT optout.make_append_only('optout.acknowledgement');

-- Acknowledgements that changed nothing: forged, foreign, stale, repeated or unreadable. No body, only its hash.
CREATE TABLE optout.rejected_acknowledgement (
    rejected_id uuid PRIMARY KEY,
    system_id   integer,
    delivery_id uuid,
    code        text COLLATE "C" NOT NULL,
    source      text COLLATE "C" NOT NULL,
    body_hash   bytea NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX rejected_acknowledgement_delivery ON optout.rejected_acknowledgement (delivery_id);
SELECT optout.make_append_only('optout.rejected_acknowledgement');

-- How many there were, all of them: of one sender only so many a minute are kept as rows above. System 0 is no system.
CREATE TABLE optout.rejected_acknowledgement_count (
    system_id integer NOT NULL,
    hour      timestamptz NOT NULL,
    code      text COLLATE "C" NOT NULL,
    source    text COLLATE "C" NOT NULL,
    rejected  bigint NOT NULL CHECK (rejected > 0),
    PRIMARY KEY (system_id, hour, code, source)
) WITH (fillfactor = 50);
SELECT optout.make_lasting('optout.rejected_acknowledgement_count');

-- Callers' keys: SHA-256 of the secret only.
CREATE TABLE optout.api_key (
    key_id               text COLLATE "C" PRIMARY KEY CHECK (key_id ~ '^[0-9a-f]{16}$'),
    name                 text NOT NULL CHECK (length(name) <= 200),
    roles                text[] NOT NULL,
    secret_hash          bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    previous_secret_hash bytea,
    previous_expires_at  timestamptz,
    created_by           text NOT NULL,
    created_at           timestamptz NOT NULL DEFAULT now(),
    expires_at           timestamptz,
    revoked_at           timestamptz
);

-- Stored answers of requests that carried an Idempotency-Key, kept 24 hours.
CREATE TABLE optout.idempotency (
    caller         text COLLATE "C" NOT NULL,
    operation      text COLLATE "C" NOT NULL,
    key            text COLLATE "C" NOT NULL,
    request_digest bytea NOT NULL,
    status         integer NOT NULL,
    etag           text,
    location       text,
    body           bytea NOT NULL,
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (caller, operation, key)
);
CREATE INDEX idempotency_age ON optout.idempotency (created_at);

-- The subject's own proof for lifting a stop: single use, 15 minutes by this database's clock.
CREATE TABLE optout.reversal_token (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    subject_id uuid NOT NULL,
    purpose    text COLLATE "C" NOT NULL,
    channel    text COLLATE "C" NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX reversal_token_age ON optout.reversal_token (expires_at);
CREATE INDEX reversal_token_subject ON optout.reversal_token (subject_id);

-- Acts that lower protection wait here for a second person.
CREATE TABLE optout.approval (
    approval_id  uuid PRIMARY KEY,
    act          text COLLATE "C" NOT NULL,
    target       text NOT NULL,
    payload      jsonb NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    approved_by  text,
    approved_at  timestamptz,
    CHECK (approved_by IS NULL OR approved_by <> requested_by)
);

-- Leaves of the ledger, durable with the act they cover and waiting to be sequenced.
CREATE TABLE ledger.pending (
    pending_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id   uuid NOT NULL UNIQUE,
    leaf       bytea NOT NULL CHECK (octet_length(leaf) BETWEEN 1 AND 65535),
    leaf_hash  bytea NOT NULL,
    CHECK (leaf_hash = sha256('\x00'::bytea || leaf))
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
        autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000);

-- The ledger itself: the leaves in their order, dense from 0. The index is given by the one sequencer, never by a
-- database sequence, which leaves gaps. A leaf may be emptied by a later migration's redaction; its hash stays.
CREATE TABLE ledger.entry (
    entry_index bigint PRIMARY KEY CHECK (entry_index >= 0),
    entry_id    uuid NOT NULL UNIQUE,
    leaf        bytea CHECK (octet_length(leaf) BETWEEN 1 AND 65535),
    leaf_hash   bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
    CHECK (leaf IS NULL OR leaf_hash = sha256('\x00'::bytea || leaf))
);
SELECT optout.make_append_only('ledger.entry');

-- The root of each full tile: 256 leaf hashes on level 0, 256 such roots on each level above. A tile's content is
-- read from here and from ledger.entry, so nothing is stored twice.
CREATE TABLE ledger.tile (
    level      smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    tile_index bigint NOT NULL CHECK (tile_index >= 0),
    root       bytea NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (level, tile_index)
);
SELECT optout.make_append_only('ledger.tile');

-- Size and right edge of the tree. It only grows; `edge` has one hash for each bit set in the size, left to right.
CREATE TABLE ledger.head (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    size bigint NOT NULL,
    edge bytea[] NOT NULL
) WITH (fillfactor = 10);
INSERT INTO ledger.head (size, edge) VALUES (0, '{}');
SELECT optout.make_lasting('ledger.head');

CREATE FUNCTION ledger.refuse_shrinking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size <= OLD.size THEN
        RAISE EXCEPTION 'the ledger only grows' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_shrinking BEFORE UPDATE ON ledger.head FOR EACH ROW EXECUTE FUNCTION ledger.refuse_shrinking();
ALTER TABLE ledger.head ENABLE ALWAYS TRIGGER refuse_shrinking;

-- Signed checkpoints, as they were published.
CREATE TABLE ledger.checkpoint (
    size      bigint PRIMARY KEY CHECK (size > 0),
    root      bytea NOT NULL CHECK (octet_length(root) = 32),
    note      bytea NOT NULL,
    signed_at timestamptz NOT NULL
);
SELECT optout.make_append_only('ledger.checkpoint');

-- A waiting leaf never changes, and goes only when the same leaf stands in the ledger.
CREATE FUNCTION ledger.refuse_loss() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM gone g WHERE NOT EXISTS (
        SELECT FROM ledger.entry e WHERE e.entry_id = g.entry_id AND e.leaf_hash = g.leaf_hash)) THEN
        RAISE EXCEPTION 'a leaf that is not in the ledger must not go' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER refuse_loss AFTER DELETE ON ledger.pending REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_loss();
CREATE TRIGGER refuse_pending_change BEFORE UPDATE OR TRUNCATE ON ledger.pending
    FOR EACH STATEMENT EXECUTE FUNCTION optout.refuse_change();
ALTER TABLE ledger.pending ENABLE ALWAYS TRIGGER refuse_loss;
ALTER TABLE ledger.pending ENABLE ALWAYS TRIGGER refuse_pending_change;

-- Every leaf there is, sequenced or waiting, in the order of the ledger.
CREATE VIEW ledger.leaf AS
    SELECT entry_index AS place, entry_index, entry_id, leaf, leaf_hash FROM ledger.entry
    UNION ALL
    SELECT (1::bigint << 62) + pending_id, NULL, entry_id, leaf, leaf_hash FROM ledger.pending;

-- What opens a leaf's commitment (nonce and payload), encrypted under the subject's key. Erasure deletes it.
CREATE TABLE ledger.opening (
    entry_id   uuid PRIMARY KEY,
    subject_id uuid,
    ciphertext bytea NOT NULL
);
CREATE INDEX opening_subject ON ledger.opening (subject_id);
SELECT optout.make_append_only('ledger.opening');
