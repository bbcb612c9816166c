-- oldest binary: 8
-- Workflows: definitions, their runs, and the nodes of a run, which are tasks. A task that is no node has four NULLs more and
-- touches no index or table here. An older process would end nodes without telling the nodes behind them.

-- One row per version of a definition, never changed. Those of the tenant '' are built in and everybody's.
CREATE TABLE workflows (
    id @ID NOT NULL PRIMARY KEY,
    tenant @KEY NOT NULL,
    name @KEY NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1),
    -- SHA-256 of the definition, hex.
    digest TEXT NOT NULL,
    -- Canonical JSON.
    definition TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX workflows_by_name ON workflows (tenant, name, version);

CREATE TABLE workflow_runs (
    id @ID NOT NULL PRIMARY KEY,
    tenant @KEY NOT NULL,
    -- The caller's own name for the run; NULL when it gave none.
    run_key @KEY,
    -- The row of workflows it follows to its end, whatever is registered meanwhile; its name and version are kept beside.
    definition BIGINT NOT NULL,
    workflow @KEY NOT NULL,
    workflow_version BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'succeeded', 'failed', 'cancelled', 'timed_out')),
    -- JSON object, defaults filled in.
    params TEXT NOT NULL,
    -- JSON object and array, NULL for none.
    metadata TEXT,
    tags TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    -- When it is ended as timed_out; NULL for never.
    deadline_at BIGINT,
    -- Nodes that have not ended.
    unfinished BIGINT NOT NULL CHECK (unfinished >= 0),
    -- Nodes that ended other than succeeded: while there are none, a node whose parents have ended may run unasked.
    flawed BIGINT NOT NULL DEFAULT 0 CHECK (flawed >= 0),
    -- Those of them that make the run fail.
    failed BIGINT NOT NULL DEFAULT 0 CHECK (failed >= 0),
    -- Rows of tasks, elements included.
    task_count BIGINT NOT NULL,
    cancel_requested_at BIGINT,
    cancel_reason TEXT,
    -- What a run that was ended from outside ends as.
    cancel_state TEXT CHECK (cancel_state IN ('cancelled', 'timed_out')),
    -- The run at the top of the tree of child runs, itself for most. Whoever changes a run holds the row of its root.
    root BIGINT NOT NULL,
    -- Of a child run: the run and the node's task that wait for it, and how many runs are above it.
    parent_run BIGINT,
    parent_task BIGINT,
    depth BIGINT NOT NULL DEFAULT 0,
    error_code TEXT,
    error_message TEXT,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK ((state IN ('succeeded', 'failed', 'cancelled', 'timed_out')) = (finished_at IS NOT NULL)),
    CHECK ((cancel_requested_at IS NULL) = (cancel_state IS NULL)),
    CHECK ((parent_run IS NULL) = (parent_task IS NULL))
);
CREATE UNIQUE INDEX workflow_runs_keyed ON workflow_runs (tenant, run_key) WHERE run_key IS NOT NULL;
CREATE INDEX workflow_runs_of_parent ON workflow_runs (parent_task) WHERE parent_task IS NOT NULL;
CREATE INDEX workflow_runs_of_root ON workflow_runs (root, id) WHERE parent_task IS NOT NULL;
-- Lists, newest first; of states only those that few runs are in.
CREATE INDEX workflow_runs_of_tenant ON workflow_runs (tenant, id);
CREATE INDEX workflow_runs_of_workflow ON workflow_runs (tenant, workflow, id);
CREATE INDEX workflow_runs_unfinished ON workflow_runs (tenant, id) WHERE finished_at IS NULL;
CREATE INDEX workflow_runs_failed ON workflow_runs (tenant, id) WHERE state = 'failed';
CREATE INDEX workflow_runs_cancelled ON workflow_runs (tenant, id) WHERE state = 'cancelled';
CREATE INDEX workflow_runs_timed_out ON workflow_runs (tenant, id) WHERE state = 'timed_out';
CREATE INDEX workflow_runs_due ON workflow_runs (deadline_at, id) WHERE deadline_at IS NOT NULL AND finished_at IS NULL;

-- The node of a run that a task is: its position in the definition.
ALTER TABLE tasks ADD COLUMN run_id BIGINT;
ALTER TABLE tasks ADD COLUMN node BIGINT;
-- The position in the list of a node that runs once for each element; NULL for the node itself.
ALTER TABLE tasks ADD COLUMN element BIGINT;
-- What a waiting node waits for: parents, then elements or a child run. Of an element: 1 until there is room for it.
ALTER TABLE tasks ADD COLUMN pending BIGINT;
CREATE INDEX tasks_of_run ON tasks (run_id, node, element) WHERE run_id IS NOT NULL;

-- What was told to a run, kept with it: an event may come before its node waits for it.
CREATE TABLE workflow_events (
    id @ID NOT NULL PRIMARY KEY,
    run_id BIGINT NOT NULL,
    name @KEY NOT NULL,
    -- JSON.
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- The node that took it; NULL while none has.
    node BIGINT
);
CREATE INDEX workflow_events_of_run ON workflow_events (run_id, id);

-- Lines of a run's nodes in the order of their commits.
ALTER TABLE task_logs ADD COLUMN run_id BIGINT;
CREATE INDEX task_logs_of_run ON task_logs (run_id, id) WHERE run_id IS NOT NULL;

-- How many runs ended, by workflow, hour, outcome and duration. The bucket is that of the duration; a shard keeps two
-- processes that count at once from waiting for one another.
CREATE TABLE rollup (
    tenant @KEY NOT NULL,
    name @KEY NOT NULL,
    -- Hours since 1970.
    hour BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    bucket BIGINT NOT NULL,
    shard BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (tenant, name, hour, outcome, bucket, shard)
);
