-- Erasing a person: asked for once, done when every system has been told, after thirty days at the latest.
CREATE TABLE optout.erasure (
    erasure_id      uuid PRIMARY KEY,
    -- Who was asked about; who they have merged into since is found when it is done.
    subject_id      uuid NOT NULL UNIQUE,
    state           text COLLATE "C" NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'erased')),
    requested_by    text NOT NULL,
    requested_at    timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    -- The person and everyone merged with them, as they were when it was done.
    members         uuid[] NOT NULL DEFAULT '{}',
    -- What was still open when the time was over: each is a stop that a system may never have heard of.
    open_deliveries integer NOT NULL DEFAULT 0,
    erased_at       timestamptz,
    ledger_entry_id uuid,
    CHECK ((state = 'erased') = (erased_at IS NOT NULL AND ledger_entry_id IS NOT NULL))
);
CREATE INDEX erasure_waiting ON optout.erasure (requested_at) WHERE state = 'waiting';
CREATE INDEX erasure_members ON optout.erasure USING gin (members);
SELECT optout.make_lasting('optout.erasure');

-- What an erasure has done stands for ever.
CREATE FUNCTION optout.refuse_second_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'erased' THEN
        RAISE EXCEPTION 'an erasure that is done does not change' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_second_erasure BEFORE UPDATE ON optout.erasure
    FOR EACH ROW EXECUTE FUNCTION optout.refuse_second_erasure();
ALTER TABLE optout.erasure ENABLE ALWAYS TRIGGER refuse_second_erasure;

-- An opening goes only with the erasure of its person, in the order that says so; it never changes.
CREATE FUNCTION ledger.refuse_opening_loss() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM optout.erasure e WHERE e.state = 'waiting' AND e.members @> ARRAY[OLD.subject_id]) THEN
        RAISE EXCEPTION 'an opening goes only with the erasure of its person' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END $$;
DROP TRIGGER refuse_row_change ON ledger.opening;
CREATE TRIGGER refuse_row_change BEFORE UPDATE ON ledger.opening FOR EACH ROW EXECUTE FUNCTION optout.refuse_change();
CREATE TRIGGER refuse_opening_loss BEFORE DELETE ON ledger.opening
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_opening_loss();
ALTER TABLE ledger.opening ENABLE ALWAYS TRIGGER refuse_row_change;
ALTER TABLE ledger.opening ENABLE ALWAYS TRIGGER refuse_opening_loss;
