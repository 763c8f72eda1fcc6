CREATE TYPE base_feature AS (class text, name text, geom geometry);

CREATE FUNCTION base_layer(class text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE class
        WHEN 'path' THEN 'paths'
        WHEN 'steps' THEN 'steps'
        WHEN 'rail' THEN 'rails'
        WHEN 'tram' THEN 'rails'
        WHEN 'water' THEN 'water'
        WHEN 'river' THEN 'water'
        WHEN 'stream' THEN 'water'
        WHEN 'building' THEN 'buildings'
        WHEN 'wood' THEN 'woods'
        WHEN 'park' THEN 'parks'
        WHEN 'pitch' THEN 'parks'
        WHEN 'grass' THEN 'parks'
        WHEN 'cemetery' THEN 'parks'
        WHEN 'beach' THEN 'parks'
        WHEN 'square' THEN 'squares'
        WHEN 'pier' THEN 'squares'
        WHEN 'wall' THEN 'walls'
        ELSE 'streets'
    END
$$;
COMMENT ON FUNCTION base_layer(text) IS 'The layer of the base tiles in which a class of lines or areas is.';

-- Overlapping areas hold the same way twice: alike are those of the same id that begin at the same corner, which is
-- sooner seen than that they are the same all along. Ways of one street become one line.
CREATE FUNCTION base_lines_in_tile(z integer, bounds geometry, around geometry, tolerance double precision)
RETURNS TABLE (class text, name text, geom geometry)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT class, name,
           ST_CollectionExtract(CASE WHEN name IS NULL THEN ST_Collect(geom) ELSE ST_LineMerge(ST_Collect(geom)) END, 2)
    FROM (
        SELECT DISTINCT ON (osm_id, ST_XMin(overview), ST_YMin(overview))
               class, NULL AS name, ST_AsMVTGeom(ST_Simplify(overview, tolerance), bounds, 4096, 64) AS geom
        FROM base_lines
        WHERE z <= 12 AND min_zoom <= z AND min_zoom <= 12 AND base_lines.geom && around
        UNION ALL
        SELECT DISTINCT ON (osm_id, ST_XMin(base_lines.geom), ST_YMin(base_lines.geom))
               class, name, ST_AsMVTGeom(ST_Simplify(base_lines.geom, tolerance), bounds, 4096, 64)
        FROM base_lines
        WHERE z > 12 AND min_zoom <= z AND base_lines.geom && around
    ) AS way
    WHERE class <> 'coastline'
    GROUP BY class, name
$$;

CREATE FUNCTION base_areas_in_tile(z integer, bounds geometry, around geometry, tolerance double precision)
RETURNS TABLE (class text, name text, geom geometry)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT DISTINCT ON (osm_id, ST_XMin(overview), ST_YMin(overview))
           class, name, ST_AsMVTGeom(ST_Simplify(overview, tolerance, true), bounds, 4096, 64)
    FROM base_areas
    WHERE z <= 12 AND min_zoom <= z AND min_zoom <= 12 AND base_areas.geom && around
    UNION ALL
    SELECT DISTINCT ON (osm_id, ST_XMin(base_areas.geom), ST_YMin(base_areas.geom))
           class, CASE WHEN class <> 'building' THEN name END,
           ST_AsMVTGeom(ST_Simplify(base_areas.geom, tolerance, true), bounds, 4096, 64)
    FROM base_areas
    WHERE z > 12 AND min_zoom <= z AND base_areas.geom && around
$$;

-- Compiling the query, or starting workers for it, would take longer than running it.
CREATE FUNCTION base_tile(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SET jit = off SET max_parallel_workers_per_gather = 0
AS $$
    WITH tile AS (
        SELECT tile_bounds(z, x, y) AS bounds,
               tile_bounds(z, x, y, 1.0 / 64) AS around,
               20037508.34 / (1 << z) / 1024 AS half_a_pixel
    ), feature AS (
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
$$;
COMMENT ON FUNCTION base_tile(integer, integer, integer) IS '{"description": "Streets, paths, green, water, buildings and names under a walk.", "attribution": "© OpenStreetMap contributors", "minzoom": 6, "maxzoom": 16}';

REVOKE EXECUTE ON FUNCTION base_tile(integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION base_tile(integer, integer, integer) TO martin_ro;
GRANT SELECT ON base_lines, base_areas, base_labels TO martin_ro;
