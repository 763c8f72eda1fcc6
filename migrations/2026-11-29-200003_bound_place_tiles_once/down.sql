CREATE OR REPLACE FUNCTION poi_tile(z integer, x integer, y integer) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET jit = off SET max_parallel_workers_per_gather = 0 SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN (
        WITH tile AS (
            SELECT tile_bounds(z, x, y) AS bounds
        ), place AS MATERIALIZED (
            SELECT p.id, p.popularity_score, p.name,
                   ST_AsMVTGeom(ST_Transform(p.location::geometry, 3857), bounds, 4096, 64) AS geom
            FROM tile, (
                SELECT * FROM pois_in_cells(z, x, y) WHERE z BETWEEN 10 AND 13
                UNION ALL
                SELECT * FROM pois_in_tile(z, x, y) WHERE z >= 14
            ) AS p
        )
        SELECT ST_AsMVT(poi, 'pois')
        FROM (
            SELECT id, popularity_score, place.name, (
                       SELECT theme.name
                       FROM poi_interest_themes JOIN interest_themes theme ON theme.id = theme_id
                       WHERE poi_id = place.id
                       ORDER BY weight DESC, theme_id
                       LIMIT 1
                   ) AS theme, geom
            FROM place
            WHERE geom IS NOT NULL
        ) AS poi
    );
END
$$;
