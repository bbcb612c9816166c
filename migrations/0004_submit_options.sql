-- oldest binary: 4
-- What a submit can say beside the work itself: unique keys, an expiry, labels to search by, and keys of requests that may
-- be sent twice. A task that uses none of it has two NULLs more and touches no index or table here.

ALTER TABLE tasks ADD COLUMN unique_key @KEY;
-- No attempt begins at this time or later.
ALTER TABLE tasks ADD COLUMN expires_at BIGINT;
CREATE INDEX tasks_keyed ON tasks (tenant, unique_key, id) WHERE unique_key IS NOT NULL;
-- Unfinished tasks that expire, running ones among them: naming the states would have every claim look at this index.
CREATE INDEX tasks_expiring ON tasks (expires_at, id) WHERE expires_at IS NOT NULL AND finished_at IS NULL;

-- Who holds a key: a task that is unfinished, or whose window has not passed. Whether it does is decided by the next
-- submit of the key, so that the end of a task writes nothing here.
CREATE TABLE unique_keys (
    tenant @KEY NOT NULL,
    type @KEY NOT NULL,
    unique_key @KEY NOT NULL,
    task_id BIGINT NOT NULL,
    -- End of the window; 0 when there is none.
    until BIGINT NOT NULL,
    PRIMARY KEY (tenant, type, unique_key)
);
-- Rows that outlive their task until the window has passed.
CREATE INDEX unique_keys_windows ON unique_keys (until) WHERE until > 0;

-- What lists search by: `t:` and a tag, `m:` and a member of the metadata.
CREATE TABLE task_labels (
    tenant @KEY NOT NULL,
    label @KEY NOT NULL,
    task_id BIGINT NOT NULL,
    PRIMARY KEY (tenant, label, task_id)
);
CREATE INDEX task_labels_of_task ON task_labels (task_id);

-- Requests that were carried out and may come again. The answer is kept as ids; it is '' only inside the transaction that
-- carries the request out.
CREATE TABLE idempotency_keys (
    tenant @KEY NOT NULL,
    subject @KEY NOT NULL,
    route @KEY NOT NULL,
    idem_key @KEY NOT NULL,
    -- SHA-256 of what was asked, hex.
    fingerprint TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, subject, route, idem_key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
