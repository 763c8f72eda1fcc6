CREATE UNLOGGED TABLE ingest.outlines (
    area_id INTEGER NOT NULL,
    osm_id BIGINT NOT NULL,
    class TEXT NOT NULL,
    name TEXT,
    min_zoom SMALLINT NOT NULL,
    rings GEOMETRY(MultiLineString, 3857) NOT NULL
);
