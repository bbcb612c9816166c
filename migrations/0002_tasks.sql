-- oldest binary: 2
-- Times are microseconds since 1970 UTC; booleans are 0 and 1; ids come from one counter for all tables.

CREATE TABLE queues (
    name @KEY NOT NULL PRIMARY KEY,
    pool TEXT NOT NULL,
    weight BIGINT NOT NULL CHECK (weight >= 1),
    paused BIGINT NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    updated_at BIGINT NOT NULL
);

-- One row per process that executes tasks. A dead id never lives again: a process that lost its lease takes a new one.
CREATE TABLE workers (
    id @ID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'draining', 'stopped', 'dead')),
    beat BIGINT NOT NULL DEFAULT 0,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    pools TEXT NOT NULL,
    queues TEXT NOT NULL,
    types TEXT NOT NULL
);
CREATE INDEX workers_alive ON workers (id) WHERE state IN ('live', 'draining');

-- The hot row. What a transition does not need (input, output, progress, logs) lives in tables of its own, since every
-- UPDATE rewrites the row.
CREATE TABLE tasks (
    id @ID NOT NULL PRIMARY KEY,
    tenant @KEY NOT NULL,
    type @KEY NOT NULL,
    queue @KEY NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'scheduled', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'skipped')),
    priority BIGINT NOT NULL CHECK (priority BETWEEN 0 AND 9),
    -- When it became ready (queued) or will be (scheduled).
    ready_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    max_retries BIGINT NOT NULL CHECK (max_retries >= 0),
    -- Time limits; NULL means the defaults of the process that runs it.
    soft_ms BIGINT,
    timeout_ms BIGINT,
    -- Counted attempts so far, the running one included.
    attempt BIGINT NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    -- Attempts made before the last redrive: the retry budget counts from here.
    attempt_base BIGINT NOT NULL DEFAULT 0,
    -- The fence: rises with every claim, never falls.
    claim BIGINT NOT NULL DEFAULT 0,
    -- Attempts that ended with the death of their worker.
    lost BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    worker BIGINT,
    started_at BIGINT,
    finished_at BIGINT,
    cancel_requested_at BIGINT,
    error_code TEXT,
    error_message TEXT,
    CHECK ((state = 'running') = (worker IS NOT NULL)),
    CHECK ((state IN ('succeeded', 'failed', 'cancelled', 'skipped')) = (finished_at IS NOT NULL))
);
-- Claim order: a queue's tenants, and a tenant's own tasks by priority, then oldest.
CREATE INDEX tasks_ready ON tasks (queue, tenant, priority, ready_at, id) WHERE state = 'queued';
CREATE INDEX tasks_due ON tasks (ready_at, id) WHERE state = 'scheduled';
CREATE INDEX tasks_running ON tasks (worker, id) WHERE state = 'running';
CREATE INDEX tasks_dead ON tasks (tenant, id) WHERE state = 'failed';
-- Lists, newest first. No list index holds the state: each would be rewritten twice per task.
CREATE INDEX tasks_of_tenant ON tasks (tenant, id);
CREATE INDEX tasks_of_type ON tasks (tenant, type, id);

-- Absent when the input is {} and there are neither tags nor metadata.
CREATE TABLE task_payloads (
    task_id @ID NOT NULL PRIMARY KEY,
    input TEXT NOT NULL,
    tags TEXT,
    metadata TEXT
);

CREATE TABLE task_results (
    task_id @ID NOT NULL PRIMARY KEY,
    output TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- A success at the first attempt has no row here: it is derived from the task.
CREATE TABLE attempts (
    task_id BIGINT NOT NULL,
    claim BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    worker BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('succeeded', 'failed', 'cancelled', 'timed_out', 'interrupted', 'lost')),
    error_code TEXT,
    error_message TEXT,
    PRIMARY KEY (task_id, claim)
);

CREATE TABLE task_progress (
    task_id @ID NOT NULL PRIMARY KEY,
    claim BIGINT NOT NULL,
    fraction DOUBLE PRECISION,
    message TEXT,
    updated_at BIGINT NOT NULL
);

CREATE TABLE task_logs (
    id @ID NOT NULL PRIMARY KEY,
    task_id BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('trace', 'debug', 'info', 'notice', 'warning', 'error', 'critical')),
    message TEXT NOT NULL,
    logged_at BIGINT NOT NULL
);
CREATE INDEX task_logs_of_task ON task_logs (task_id, id);
