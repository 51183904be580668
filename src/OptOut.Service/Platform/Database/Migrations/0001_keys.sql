-- The subjects' wrapped keys, in a database of their own with a backup retention of its own:
-- a restored dump of the main database must not undo an erasure.
CREATE SCHEMA IF NOT EXISTS optout;

CREATE TABLE optout.subject_key (
    subject_id uuid PRIMARY KEY,
    key_id     text COLLATE "C" NOT NULL,
    wrapped    bytea NOT NULL,
    created_at timestamptz NOT NULL
);
