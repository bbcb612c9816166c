-- oldest binary: 12
-- Named files that handlers store with their tasks and runs. An older process would prune tasks and leave their files for ever.

-- The bytes are in blobs, once for each content. A name stands once in a run, or in a task that belongs to none.
CREATE TABLE artifacts (
    -- The workflow run of the task, else the task itself: ids come from one counter, so that no two are alike.
    scope BIGINT NOT NULL,
    name @KEY NOT NULL,
    tenant @KEY NOT NULL,
    -- The task that stored it and alone may replace it.
    task_id BIGINT NOT NULL,
    sha256 @KEY NOT NULL,
    size BIGINT NOT NULL CHECK (size >= 0),
    content_type TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (scope, name)
);
CREATE INDEX artifacts_of_task ON artifacts (task_id, name);
CREATE INDEX artifacts_of_blob ON artifacts (tenant, sha256);
