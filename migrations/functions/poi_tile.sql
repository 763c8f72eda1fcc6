-- A function in SQL is planned at each call, which took as long as many a tile; one in PL/pgSQL once on each connection.
-- Nothing is lost: no plan depends on which tile it is.
-- The bounds are materialised, else they would be made again for each place, which took as long as all the rest; so are
-- geometries of the tile, else the condition on them would have them made twice. The few themes are joined when all places are
-- known: hashed once for the tile, not once for each place.
-- Compiling the query, or starting workers for it, would take longer than running it.
-- It looks for tables where they are, then for functions where the extensions are: the search path is that of the session
-- that makes it. pg_temp is last there, so that no temporary table is taken for one of ours.
CREATE OR REPLACE FUNCTION poi_tile(z integer, x integer, y integer) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET jit = off SET max_parallel_workers_per_gather = 0 SET plan_cache_mode = force_generic_plan
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        WITH tile AS MATERIALIZED (
            SELECT tile_bounds(z, x, y) AS bounds
        ), place AS MATERIALIZED (
            SELECT p.id, p.popularity_score, p.name, (
                       SELECT theme_id FROM poi_interest_themes
                       WHERE poi_id = p.id
                       ORDER BY weight DESC, theme_id
                       LIMIT 1
                   ) AS theme_id,
                   ST_AsMVTGeom(ST_Transform(p.location::geometry, 3857), bounds, 4096, 64) AS geom
            FROM tile, (
                SELECT * FROM pois_in_cells(z, x, y) WHERE z BETWEEN 10 AND 13
                UNION ALL
                SELECT * FROM pois_in_tile(z, x, y) WHERE z >= 14
            ) AS p
        )
        SELECT ST_AsMVT(poi, 'pois')
        FROM (
            SELECT place.id, popularity_score, place.name, theme.name AS theme, geom
            FROM place LEFT JOIN interest_themes theme ON theme.id = theme_id
            WHERE geom IS NOT NULL
        ) AS poi
    );
END
$$;
COMMENT ON FUNCTION poi_tile(integer, integer, integer) IS '{"description": "Places worth a stop, fewer below zoom 14.", "attribution": "© OpenStreetMap contributors", "minzoom": 10, "maxzoom": 18, "vector_layers": [{"id": "pois", "fields": {"id": "Number", "popularity_score": "Number", "name": "String", "theme": "String"}}]}';
