-- oldest binary: 4
-- Lists of tasks in states that few tasks are in. Not of those that every task passes through: it would be written for each.

CREATE INDEX tasks_cancelled ON tasks (tenant, id) WHERE state = 'cancelled';
CREATE INDEX tasks_skipped ON tasks (tenant, id) WHERE state = 'skipped';
CREATE INDEX tasks_waiting ON tasks (tenant, id) WHERE state = 'waiting';
