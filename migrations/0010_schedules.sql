-- oldest binary: 9
-- Schedules: what is submitted or started at due times, and what came of each. An older process fires none of them and can go on.

CREATE TABLE schedules (
    id @ID NOT NULL PRIMARY KEY,
    tenant @KEY NOT NULL,
    name @KEY NOT NULL,
    -- Five fields, or @daily and its like; NULL for an interval.
    cron TEXT,
    every_ms BIGINT CHECK (every_ms >= 1000),
    -- What an interval is counted from.
    anchor_at BIGINT NOT NULL,
    -- IANA name; UTC for an interval.
    zone TEXT NOT NULL,
    target TEXT NOT NULL CHECK (target IN ('task', 'workflow')),
    -- A task type; a workflow as `name` or `name@version`.
    target_name @KEY NOT NULL,
    -- JSON: the task's input, the run's parameters.
    input TEXT NOT NULL,
    -- As in tasks; NULL for a workflow.
    queue @KEY,
    priority BIGINT CHECK (priority BETWEEN 0 AND 9),
    max_retries BIGINT,
    timeout_ms BIGINT,
    tags TEXT,
    metadata TEXT,
    overlap TEXT NOT NULL CHECK (overlap IN ('skip', 'queue_one', 'allow')),
    catch_up TEXT NOT NULL CHECK (catch_up IN ('none', 'latest')),
    paused BIGINT NOT NULL CHECK (paused IN (0, 1)),
    -- The due time that is dealt with next. It only ever rises, so that no due time comes twice. NULL while paused.
    next_at BIGINT,
    -- A due time that waits for what was started last to end; NULL when none does.
    waiting_at BIGINT,
    -- The last due time that was dealt with.
    last_at BIGINT,
    -- What the schedule started last, of which one is NULL; what somebody had it start by hand does not count.
    last_task BIGINT,
    last_run BIGINT,
    -- How many rows of schedule_firings it ever had.
    firings BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK ((cron IS NULL) <> (every_ms IS NULL)),
    CHECK ((target = 'task') = (queue IS NOT NULL AND priority IS NOT NULL AND max_retries IS NOT NULL)),
    CHECK (paused = 0 OR (next_at IS NULL AND waiting_at IS NULL))
);
CREATE UNIQUE INDEX schedules_by_name ON schedules (tenant, name);
CREATE INDEX schedules_due ON schedules (next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX schedules_waiting ON schedules (id) WHERE waiting_at IS NOT NULL;

-- What came of a due time; the last few hundred of each schedule.
CREATE TABLE schedule_firings (
    schedule_id BIGINT NOT NULL,
    -- From 1, without a gap.
    number BIGINT NOT NULL,
    -- Of one that somebody asked for: when that was.
    due_at BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('fired', 'waiting', 'skipped')),
    -- Why it was skipped.
    reason TEXT CHECK (reason IN ('overlap', 'missed', 'paused', 'refused')),
    -- For people; NULL when the reason says it all.
    detail TEXT,
    manual BIGINT NOT NULL CHECK (manual IN (0, 1)),
    task_id BIGINT,
    run_id BIGINT,
    PRIMARY KEY (schedule_id, number),
    CHECK ((outcome = 'skipped') = (reason IS NOT NULL)),
    CHECK ((outcome = 'fired') = (task_id IS NOT NULL OR run_id IS NOT NULL))
);
-- A due time fires once, whatever happens.
CREATE UNIQUE INDEX schedule_firings_by_due ON schedule_firings (schedule_id, due_at);
