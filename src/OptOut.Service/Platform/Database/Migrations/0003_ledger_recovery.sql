-- After an older backup was restored: what was asked, how far it has come, what could not be had back.
CREATE TABLE ledger.recovery (
    recovery_id  uuid PRIMARY KEY,
    state        text COLLATE "C" NOT NULL DEFAULT 'requested'
        CHECK (state IN ('requested', 'running', 'done', 'failed')),
    code         text COLLATE "C",
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    -- The sizes that the database and what was published had: the leaves between them are put back.
    from_size    bigint,
    to_size      bigint,
    done         bigint NOT NULL DEFAULT 0,
    versions     integer NOT NULL DEFAULT 0,
    erasures     integer NOT NULL DEFAULT 0,
    finished_at  timestamptz,
    CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL))
);
SELECT optout.make_lasting('ledger.recovery');
