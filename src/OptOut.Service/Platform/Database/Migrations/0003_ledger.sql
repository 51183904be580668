-- What the ledger needs beside its tree.

-- Whether this database is the newest state, as the sequencing replica last found it: every replica reads it.
CREATE TABLE ledger.standing (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    incident text COLLATE "C",
    since    timestamptz NOT NULL DEFAULT now()
);
INSERT INTO ledger.standing DEFAULT VALUES;
SELECT optout.make_lasting('ledger.standing');

-- The signature lines that witnesses gave to checkpoints of ours.
CREATE TABLE ledger.cosignature (
    size        bigint NOT NULL CHECK (size > 0),
    witness     text COLLATE "C" NOT NULL,
    line        text NOT NULL CHECK (length(line) <= 1000),
    cosigned_at timestamptz NOT NULL,
    PRIMARY KEY (size, witness)
);
CREATE INDEX cosignature_newest ON ledger.cosignature (witness, size);
SELECT optout.make_append_only('ledger.cosignature');
