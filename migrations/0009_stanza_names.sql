-- oldest binary: 9
-- Names of stanzas, to find them by. A name can stand anywhere, so an index that is kept as rows come has every piece of
-- rows change nearly all of its pages: four fifths of what was written for a large run. Here the names of a segment of
-- stanzas are written in their order once it is full, each page once. Whoever asks for a name asks each segment.

CREATE TABLE stanza_names (
    generation BIGINT NOT NULL,
    segment BIGINT NOT NULL,
    name_hash BIGINT NOT NULL,
    stanza_id BIGINT NOT NULL,
    conf_type_hash BIGINT NOT NULL,
    PRIMARY KEY (generation, segment, name_hash, stanza_id)
)@CLUSTERED;
INSERT INTO stanza_names (generation, segment, name_hash, stanza_id, conf_type_hash)
SELECT generation, segment, name_hash, id, conf_type_hash FROM stanzas ORDER BY generation, segment, name_hash, id;

DROP INDEX stanzas_by_name;
ALTER TABLE stanzas DROP COLUMN name_hash;
ALTER TABLE stanzas DROP COLUMN conf_type_hash;

-- Segments before this one have all their names. Attempts that are under way begin afresh: their program was another one.
ALTER TABLE run_generations ADD COLUMN named_segments BIGINT NOT NULL DEFAULT 0;
