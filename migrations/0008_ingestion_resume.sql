-- oldest binary: 4
-- A later attempt goes on where the one before it was interrupted.

-- The attempt that may write, by a token that each one takes anew: the fence between an attempt and one that seems dead.
ALTER TABLE run_generations ADD COLUMN writer BIGINT NOT NULL DEFAULT 0;
-- How it is read: the program's version and the limits. An attempt that would read otherwise begins afresh.
ALTER TABLE run_generations ADD COLUMN reading TEXT NOT NULL DEFAULT '';
-- The archive's members up to this one, counted from 1, are stored whole; their rows' ids end with whole_id.
ALTER TABLE run_generations ADD COLUMN last_member BIGINT NOT NULL DEFAULT 0;
ALTER TABLE run_generations ADD COLUMN whole_id BIGINT NOT NULL DEFAULT 0;
-- JSON object: what those members held.
ALTER TABLE run_generations ADD COLUMN counts TEXT;
