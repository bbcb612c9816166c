-- oldest binary: 3
-- Hashes are 64-bit FNV-1a of the text beside them: an index on the text itself fails in PostgreSQL above some 2,700 bytes,
-- and names come from strangers. The text is compared as well.

-- One row per stored file and tenant; the bytes are in the data directory. A row is there before its file and goes after it.
CREATE TABLE blobs (
    tenant @KEY NOT NULL,
    sha256 @KEY NOT NULL,
    size BIGINT NOT NULL CHECK (size >= 0),
    state TEXT NOT NULL CHECK (state IN ('live', 'deleting')),
    -- Rows elsewhere that name it.
    refs BIGINT NOT NULL DEFAULT 0 CHECK (refs >= 0),
    -- Uploads that are putting its file in place; one that died is forgotten some time after held_at.
    holds BIGINT NOT NULL DEFAULT 0 CHECK (holds >= 0),
    held_at BIGINT NOT NULL,
    PRIMARY KEY (tenant, sha256),
    CHECK (state = 'live' OR refs = 0)
);
CREATE INDEX blobs_unused ON blobs (tenant, sha256) WHERE refs = 0;

CREATE TABLE uploads (
    id @ID NOT NULL PRIMARY KEY,
    tenant @KEY NOT NULL,
    sha256 @KEY NOT NULL,
    size BIGINT NOT NULL,
    filename TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('ds_etc', 'instance_etc', 'app_bundle', 'single_conf')),
    label TEXT,
    notes TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX uploads_of_tenant ON uploads (tenant, id);

-- The status that is shown follows from this one and the state of the task: a process that dies writes nothing here.
CREATE TABLE runs (
    id @ID NOT NULL PRIMARY KEY,
    tenant @KEY NOT NULL,
    upload_id BIGINT NOT NULL,
    -- The task that reads the upload, or did last.
    task_id BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('stored', 'parsing', 'normalized', 'complete', 'failed', 'cancelled')),
    -- The result that is shown; NULL until there is one. The counts are those of it.
    generation BIGINT,
    format TEXT,
    file_count BIGINT NOT NULL DEFAULT 0,
    stanza_count BIGINT NOT NULL DEFAULT 0,
    setting_count BIGINT NOT NULL DEFAULT 0,
    problem_count BIGINT NOT NULL DEFAULT 0,
    -- JSON object: members that were left out, by reason.
    omitted TEXT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    -- Kept for when the task's own row has expired.
    error_code TEXT,
    error_message TEXT,
    CHECK (status <> 'complete' OR generation IS NOT NULL)
);
CREATE INDEX runs_of_tenant ON runs (tenant, id);
CREATE INDEX runs_of_upload ON runs (upload_id, id);
CREATE INDEX runs_unsettled ON runs (id) WHERE status IN ('stored', 'parsing', 'normalized');

-- What one attempt reads. All its rows have ids above its own, up to last_id, so that no index on the generation is needed.
CREATE TABLE run_generations (
    id @ID NOT NULL PRIMARY KEY,
    run_id BIGINT NOT NULL,
    task_id BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('writing', 'visible', 'abandoned')),
    last_id BIGINT NOT NULL
);
CREATE INDEX run_generations_of_run ON run_generations (run_id, id);
CREATE INDEX run_generations_writing ON run_generations (id) WHERE state = 'writing';
CREATE INDEX run_generations_abandoned ON run_generations (id) WHERE state = 'abandoned';

-- One row per configuration file that was read. Its stanzas are those of its generation from first_stanza to last_stanza.
CREATE TABLE run_files (
    id @ID NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL,
    path TEXT NOT NULL,
    path_hash BIGINT NOT NULL,
    size BIGINT NOT NULL,
    conf_type TEXT NOT NULL,
    conf_type_hash BIGINT NOT NULL,
    layer TEXT CHECK (layer IN ('system', 'app', 'user')),
    app TEXT,
    app_hash BIGINT,
    scope TEXT CHECK (scope IN ('default', 'local', 'metadata')),
    username TEXT,
    tree TEXT,
    first_stanza BIGINT,
    last_stanza BIGINT,
    stanza_count BIGINT NOT NULL,
    setting_count BIGINT NOT NULL,
    problem_count BIGINT NOT NULL,
    ignored_lines BIGINT NOT NULL,
    CHECK ((stanza_count > 0) = (first_stanza IS NOT NULL AND last_stanza IS NOT NULL))
);
CREATE INDEX run_files_by_path ON run_files (generation, path_hash);
CREATE INDEX run_files_by_conf_type ON run_files (generation, conf_type_hash, id);
CREATE INDEX run_files_by_app ON run_files (generation, app_hash, id);

-- One row per stanza as it stands in its file. The one index costs little to fill and answers a name, with or without a type.
CREATE TABLE stanzas (
    id @ID NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_hash BIGINT NOT NULL,
    conf_type_hash BIGINT NOT NULL,
    line BIGINT NOT NULL,
    setting_count BIGINT NOT NULL,
    -- JSON array of {key, value, line}.
    settings TEXT NOT NULL
);
CREATE INDEX stanzas_by_name ON stanzas (generation, name_hash, id, conf_type_hash);

CREATE TABLE run_problems (
    id @ID NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL,
    path TEXT NOT NULL,
    line BIGINT,
    code TEXT NOT NULL,
    detail TEXT NOT NULL
);
