-- What vendors of other channels need: read-backs, and a vendor's own stops.

-- Applied deliveries whose vendor is asked whether it still holds the stop. The row goes when the answer is in.
CREATE TABLE optout.read_back (
    delivery_id uuid PRIMARY KEY,
    system_id   integer NOT NULL,
    part        smallint NOT NULL,
    due_at      timestamptz NOT NULL,
    tries       integer NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
CREATE INDEX read_back_due ON optout.read_back (due_at);

-- Each question and what came of it. One that changed a delivery's state has a leaf.
CREATE TABLE optout.read_back_answer (
    answer_id       uuid PRIMARY KEY,
    delivery_id     uuid NOT NULL,
    started_at      timestamptz NOT NULL,
    ended_at        timestamptz NOT NULL,
    verdict         text COLLATE "C" NOT NULL CHECK (verdict IN ('present', 'absent', 'unknown')),
    status_code     integer,
    evidence_hash   bytea NOT NULL CHECK (octet_length(evidence_hash) = 32),
    worker          text NOT NULL,
    ledger_entry_id uuid,
    CHECK (ledger_entry_id IS NULL OR verdict <> 'unknown')
);
CREATE INDEX read_back_answer_delivery ON optout.read_back_answer (delivery_id);
SELECT optout.make_append_only('optout.read_back_answer');

-- A vendor that sends its own stops has acknowledged them by that.
ALTER TABLE optout.acknowledgement DROP CONSTRAINT acknowledgement_source_check;
ALTER TABLE optout.acknowledgement ADD CONSTRAINT acknowledgement_source_check CHECK
    (source IN ('amqp', 'http', 'webhook_response', 'vendor_response', 'confirmation_link', 'inbound'));
