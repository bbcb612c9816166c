-- oldest binary: 12
-- A run with many tasks is ended in pieces. An older process ends runs at once, and leaves those in the middle to newer ones.

-- The last task, by node and element, that was looked at of a run that is being ended: what is behind it is still to be
-- ended. -1 before the first node and for a node itself; NULL when nothing is left to be looked at.
ALTER TABLE workflow_runs ADD COLUMN stop_node BIGINT;
ALTER TABLE workflow_runs ADD COLUMN stop_element BIGINT;
CREATE INDEX workflow_runs_stopping ON workflow_runs (id) WHERE stop_node IS NOT NULL;
