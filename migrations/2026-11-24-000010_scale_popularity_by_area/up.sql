ALTER TABLE areas
    ADD COLUMN source TEXT NOT NULL DEFAULT '',
    ADD COLUMN popularity_quantiles REAL[];
COMMENT ON COLUMN areas.source IS 'Name of the file, or the address, that was loaded.';
COMMENT ON COLUMN areas.popularity_quantiles IS 'Prominence at each 5th percentile of the places of the area; enrichment scales a single place by it.';

ALTER TABLE pois
    ADD COLUMN prominence REAL,
    ADD COLUMN narrative_source TEXT NOT NULL DEFAULT 'tags',
    ADD COLUMN popularity_source TEXT NOT NULL DEFAULT 'tags';
COMMENT ON COLUMN pois.prominence IS 'What the tags say of popularity before it is compared with the area''s other places.';
COMMENT ON COLUMN pois.narrative_source IS '''tags'': made from osm_tags, and made again by every load. Anything else survives loads.';
COMMENT ON COLUMN pois.popularity_source IS 'Like narrative_source, for popularity_score.';
