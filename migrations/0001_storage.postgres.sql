-- oldest binary: 1
-- Ids come from one sequence for all tables; each process takes as many as it needs in one statement.
CREATE SEQUENCE millrace_ids AS BIGINT;
