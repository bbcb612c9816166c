-- oldest binary: 4
-- What an operator sets while processes run: other limits of pools, and queues paused for one tenant.

-- A row is there while a pool has another limit than the processes were started with; 0 starts nothing.
CREATE TABLE pools (
    name @KEY NOT NULL PRIMARY KEY,
    limit_override BIGINT NOT NULL CHECK (limit_override >= 0),
    updated_at BIGINT NOT NULL
);
-- The limits the process was started with; `pools` holds those it goes by. NULL: the same.
ALTER TABLE workers ADD COLUMN configured_pools TEXT;

CREATE TABLE queue_pauses (
    queue @KEY NOT NULL,
    tenant @KEY NOT NULL,
    paused_at BIGINT NOT NULL,
    PRIMARY KEY (queue, tenant)
);
-- How many rows of queue_pauses a queue has, so that a claim asks only where there are some.
ALTER TABLE queues ADD COLUMN tenant_pauses BIGINT NOT NULL DEFAULT 0;
