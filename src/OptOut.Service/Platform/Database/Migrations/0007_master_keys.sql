-- Which master keys this database was written under. A process whose ring lacks one of them would not find who said stop,
-- so it must not answer. The proof is a keyed hash of a constant: it tells two keys of one id apart and nothing else; null
-- where only the id is known.
CREATE TABLE optout.master_key (
    key_id     text COLLATE "C" PRIMARY KEY,
    proof      bytea CHECK (octet_length(proof) = 32),
    used_since timestamptz NOT NULL DEFAULT now()
);
INSERT INTO optout.master_key (key_id)
SELECT lookup_key_id FROM optout.identifier UNION SELECT feed_key_id FROM optout.identifier;
SELECT optout.make_append_only('optout.master_key');
