-- oldest binary: 11
-- What files of a result are found by. Paths, types and apps stand anywhere in an archive, so three indexes that were kept as
-- rows came had every piece of rows change pages all over them: half of what was written for a large run. Here the keys of a
-- result are written once it is whole, in their order, each page once.

CREATE TABLE file_keys (
    generation BIGINT NOT NULL,
    -- 0 path, 1 type, 2 app, 3 no app.
    kind BIGINT NOT NULL,
    hash BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    PRIMARY KEY (generation, kind, hash, file_id)
)@CLUSTERED;
INSERT INTO file_keys (generation, kind, hash, file_id)
SELECT f.generation, 0, f.path_hash, f.id FROM run_files AS f JOIN run_generations AS g ON g.id = f.generation AND g.state = 'visible'
UNION ALL
SELECT f.generation, 1, f.conf_type_hash, f.id FROM run_files AS f JOIN run_generations AS g ON g.id = f.generation AND g.state = 'visible'
UNION ALL
SELECT f.generation, CASE WHEN f.app_hash IS NULL THEN 3 ELSE 2 END, COALESCE(f.app_hash, 0), f.id
FROM run_files AS f JOIN run_generations AS g ON g.id = f.generation AND g.state = 'visible'
ORDER BY 1, 2, 3, 4;

DROP INDEX run_files_by_path;
DROP INDEX run_files_by_conf_type;
DROP INDEX run_files_by_app;
