CREATE EXTENSION IF NOT EXISTS postgis;

CREATE TABLE areas (
    id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    boundary GEOMETRY(MultiPolygon, 4326) NOT NULL,
    generation BIGINT NOT NULL DEFAULT 1,
    source_digest TEXT NOT NULL,
    source_timestamp TIMESTAMPTZ,
    counts JSONB NOT NULL DEFAULT '{}',
    loaded_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX areas_boundary_idx ON areas USING gist (boundary);
COMMENT ON TABLE areas IS 'One row for each loaded OpenStreetMap extract: what is covered, and where it came from.';
COMMENT ON COLUMN areas.generation IS 'Grows with each change of the places or streets in the area; part of the route cache key.';
COMMENT ON COLUMN areas.source_digest IS 'SHA-256 of the extract and of the rules it was read with.';

CREATE TABLE pois (
    id BIGINT PRIMARY KEY,
    location GEOGRAPHY(Point, 4326) NOT NULL,
    osm_tags JSONB,
    narrative TEXT,
    popularity_score REAL DEFAULT 0.5,
    name TEXT,
    kind TEXT NOT NULL,
    area_id INTEGER REFERENCES areas (id) ON DELETE SET NULL,
    enriched_at TIMESTAMPTZ,
    removed_at TIMESTAMPTZ,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX pois_location_idx ON pois USING gist (location);
CREATE INDEX pois_osm_tags_idx ON pois USING gin (osm_tags);
CREATE INDEX pois_area_id_idx ON pois (area_id);
COMMENT ON COLUMN pois.id IS 'OSM element id with its type folded in: id * 10 + 1 node, + 2 way, + 3 relation.';
COMMENT ON COLUMN pois.popularity_score IS '0 hidden gem to 1 hotspot.';
COMMENT ON COLUMN pois.kind IS 'Kind of place in the catalogue of the engine; decides visit time and diversity.';
COMMENT ON COLUMN pois.area_id IS 'The load that owns the row; null when enrichment alone has found it.';
COMMENT ON COLUMN pois.removed_at IS 'Gone from OpenStreetMap; kept for the walks that visited it, never a candidate again.';
COMMENT ON COLUMN pois.enriched_at IS 'When enrichment last saw the place; null when only a load has.';

CREATE TABLE poi_interest_themes (
    poi_id BIGINT NOT NULL REFERENCES pois (id) ON DELETE CASCADE,
    theme_id UUID NOT NULL REFERENCES interest_themes (id) ON DELETE CASCADE,
    weight REAL NOT NULL DEFAULT 1,
    PRIMARY KEY (poi_id, theme_id),
    CONSTRAINT poi_interest_themes_weight_check CHECK (weight > 0 AND weight <= 1)
);
CREATE INDEX poi_interest_themes_theme_id_idx ON poi_interest_themes (theme_id);
