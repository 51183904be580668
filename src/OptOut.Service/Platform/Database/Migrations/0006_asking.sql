-- What a failing system is asked with, and who asked for one more try.

-- Whether a try of it has failed: a receiver that takes only what it has seen before is asked with one of these.
ALTER TABLE optout.open_delivery ADD COLUMN failed boolean NOT NULL DEFAULT false;
CREATE INDEX open_delivery_failed ON optout.open_delivery (system_id, part, due_at) WHERE failed;

-- An operator asked for a try now.
CREATE TABLE optout.resend (
    ledger_entry_id uuid PRIMARY KEY,
    delivery_id     uuid NOT NULL,
    requested_by    text NOT NULL,
    requested_at    timestamptz NOT NULL
);
CREATE INDEX resend_delivery ON optout.resend (delivery_id);
SELECT optout.make_append_only('optout.resend');
