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
