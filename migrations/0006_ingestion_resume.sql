-- oldest binary: 4
-- A later attempt goes on where the one before it was interrupted; and rows are written without touching all of an index.

-- The attempt that may write, by a token that each one takes anew: the fence between an attempt and one that seems dead.
ALTER TABLE run_generations ADD COLUMN writer BIGINT NOT NULL DEFAULT 0;
-- How it is read: the program's version and the limits. An attempt that would read otherwise begins afresh.
ALTER TABLE run_generations ADD COLUMN reading TEXT NOT NULL DEFAULT '';
-- The archive's members up to this one, counted from 1, are stored whole; their rows' ids end with whole_id.
ALTER TABLE run_generations ADD COLUMN last_member BIGINT NOT NULL DEFAULT 0;
ALTER TABLE run_generations ADD COLUMN whole_id BIGINT NOT NULL DEFAULT 0;
-- JSON object: what those members held.
ALTER TABLE run_generations ADD COLUMN counts TEXT;

-- A name can stand anywhere, so an index that begins with its hash has every piece of 250 rows change as many of its pages,
-- and a large run spends its time on writing these. Within a segment of 16,384 stanzas, in their order, they are some 200
-- pages, of which each is changed many times and then never again. Whoever asks for a name asks each segment.
ALTER TABLE stanzas ADD COLUMN segment BIGINT NOT NULL DEFAULT 0;
DROP INDEX stanzas_by_name;
CREATE INDEX stanzas_by_name ON stanzas (generation, segment, name_hash, id, conf_type_hash);
