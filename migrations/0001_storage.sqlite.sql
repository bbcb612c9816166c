-- oldest binary: 1
-- What the SQLite driver itself needs. auto_vacuum is set when the file is created: it works before the first page only.
PRAGMA application_id = 0x4D494C4C;

-- Ids come from one counter for all tables, taken in the transaction that uses them.
CREATE TABLE id_counter (last INTEGER NOT NULL);
INSERT INTO id_counter (last) VALUES (0);
