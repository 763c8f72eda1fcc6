-- A function in SQL is planned at each call, which took as long as many a tile; one in PL/pgSQL once on each connection.
-- Nothing is lost: no plan depends on which tile it is.
-- Geometries of the tile are materialised, else the condition on them would have them made twice.
-- Compiling the query, or starting workers for it, would take longer than running it.
-- It looks for tables where they are, then for functions where the extensions are: the search path is that of the session
-- that makes it. pg_temp is last there, so that no temporary table is taken for one of ours.
CREATE OR REPLACE FUNCTION base_tile(z integer, x integer, y integer) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET jit = off SET max_parallel_workers_per_gather = 0 SET plan_cache_mode = force_generic_plan
SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (
        WITH tile AS (
            SELECT tile_bounds(z, x, y) AS bounds,
                   tile_bounds(z, x, y, 1.0 / 64) AS around,
                   20037508.34 / (1 << z) / 1024 AS half_a_pixel
        ), feature AS MATERIALIZED (
            SELECT base_layer(class) AS layer, class, name, geom
            FROM tile, base_lines_in_tile(z, bounds, around, half_a_pixel)
            UNION ALL
            SELECT base_layer(class), class, name, geom
            FROM tile, base_areas_in_tile(z, bounds, around, half_a_pixel)
            UNION ALL
            SELECT DISTINCT 'names', class, name, ST_AsMVTGeom(location, bounds, 4096, 64)
            FROM tile JOIN base_labels ON min_zoom <= z AND location && around
        )
        SELECT string_agg(mvt, '' ORDER BY layer)
        FROM (
            SELECT layer, ST_AsMVT((class, name, geom)::base_feature, layer) AS mvt
            FROM feature
            WHERE NOT ST_IsEmpty(geom)
            GROUP BY layer
        ) AS layers
    );
END
$$;
COMMENT ON FUNCTION base_tile(integer, integer, integer) IS '{"description": "Streets, paths, green, water, buildings and names under a walk.", "attribution": "© OpenStreetMap contributors", "minzoom": 6, "maxzoom": 16}';
