-- Compiling the few large statements of a load costs more than it saves; sorting in memory is worth having.
SET LOCAL jit = off;
SET LOCAL work_mem = '128MB';

CREATE TEMPORARY TABLE staged_edges (
    way_id BIGINT NOT NULL,
    segment INTEGER NOT NULL,
    cell INTEGER NOT NULL,
    from_node BIGINT NOT NULL,
    to_node BIGINT NOT NULL,
    to_cell INTEGER NOT NULL,
    length_metres REAL NOT NULL,
    class TEXT NOT NULL,
    stairs BOOLEAN NOT NULL,
    lit BOOLEAN,
    surface TEXT,
    incline_percent REAL,
    name TEXT,
    geom GEOMETRY NOT NULL
) ON COMMIT DROP;

CREATE TEMPORARY TABLE staged_pois (
    id BIGINT NOT NULL,
    location GEOMETRY NOT NULL,
    osm_tags JSONB NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    narrative TEXT,
    prominence REAL NOT NULL,
    popularity_score REAL NOT NULL
) ON COMMIT DROP;

CREATE TEMPORARY TABLE staged_themes (
    poi_id BIGINT NOT NULL,
    theme_id UUID NOT NULL,
    weight REAL NOT NULL
) ON COMMIT DROP;

CREATE TEMPORARY TABLE staged_base (
    osm_id BIGINT NOT NULL,
    class TEXT NOT NULL,
    name TEXT,
    min_zoom SMALLINT NOT NULL,
    geom GEOMETRY NOT NULL
) ON COMMIT DROP;
