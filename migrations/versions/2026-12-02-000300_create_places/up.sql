CREATE TABLE areas (
    id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    boundary GEOMETRY(MultiPolygon, 4326) NOT NULL,
    generation BIGINT NOT NULL DEFAULT 1,
    source_digest TEXT NOT NULL,
    source_timestamp TIMESTAMPTZ,
    counts JSONB NOT NULL DEFAULT '{}',
    loaded_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    source TEXT NOT NULL DEFAULT '',
    popularity_quantiles REAL[]
);
CREATE INDEX areas_boundary_idx ON areas USING gist (boundary);
COMMENT ON TABLE areas IS 'One row for each loaded OpenStreetMap extract: what is covered, and where it came from.';
COMMENT ON COLUMN areas.generation IS 'Grows with each change of the places or streets in the area; part of the route cache key.';
COMMENT ON COLUMN areas.source_digest IS 'SHA-256 of the extract and of the rules it was read with.';
COMMENT ON COLUMN areas.source IS 'Name of the file, or the address, that was loaded.';
COMMENT ON COLUMN areas.popularity_quantiles IS 'Prominence at each 5th percentile of the places of the area; enrichment scales a single place by it.';

CREATE SCHEMA ingest;
COMMENT ON SCHEMA ingest IS 'What a load has read so far. Its tables take the place of those of the same name, or are dropped.';

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
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    prominence REAL,
    narrative_source TEXT NOT NULL DEFAULT 'tags',
    popularity_source TEXT NOT NULL DEFAULT 'tags'
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
COMMENT ON COLUMN pois.prominence IS 'What the tags say of popularity before it is compared with the area''s other places.';
COMMENT ON COLUMN pois.narrative_source IS '''tags'': made from osm_tags, and made again by every load. Anything else survives loads.';
COMMENT ON COLUMN pois.popularity_source IS 'Like narrative_source, for popularity_score.';

-- Builds of indexes, ANALYZE and restores run with a search path of their own, and PostGIS may be in any schema: the body of what
-- an index calls is parsed here, once, and not by each caller. What is in the index was computed by it: another grid is
-- another function.
-- Same numbering as walk_edges.cell, which is at zoom 14.
CREATE FUNCTION poi_cell(location geography) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN floor((ST_X(location::geometry) + 180) / 360 * 32768)::integer << 15
     | floor((1 - asinh(tan(radians(ST_Y(location::geometry)))) / pi()) / 2 * 32768)::integer;
COMMENT ON FUNCTION poi_cell(geography) IS 'Square of the web-mercator grid at zoom 15, some 600 m wide in the middle latitudes: x << 15 | y.';

CREATE FUNCTION poi_region(location geography) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ((poi_cell(location) >> 21) << 9) | ((poi_cell(location) & 32767) >> 6);
COMMENT ON FUNCTION poi_region(geography) IS 'Square of the web-mercator grid at zoom 9, some 50 km wide in the middle latitudes: x << 9 | y.';

-- The most popular places of a box, square by square; those of a wide box by wider squares.
CREATE INDEX pois_cell_popularity_idx ON pois (poi_cell(location), popularity_score DESC NULLS LAST, id)
    WHERE removed_at IS NULL;
CREATE INDEX pois_region_popularity_idx ON pois (poi_region(location), popularity_score DESC NULLS LAST, id)
    WHERE removed_at IS NULL;

CREATE TABLE poi_interest_themes (
    poi_id BIGINT NOT NULL REFERENCES pois (id) ON DELETE CASCADE,
    theme_id UUID NOT NULL REFERENCES interest_themes (id) ON DELETE CASCADE,
    weight REAL NOT NULL DEFAULT 1,
    PRIMARY KEY (poi_id, theme_id),
    CONSTRAINT poi_interest_themes_weight_check CHECK (weight > 0 AND weight <= 1)
);
CREATE INDEX poi_interest_themes_theme_id_idx ON poi_interest_themes (theme_id);
