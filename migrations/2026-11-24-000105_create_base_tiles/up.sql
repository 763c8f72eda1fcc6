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

-- Overlapping areas hold the same way twice: grouped by its geometry, it counts once. Ways of one street become one line.
CREATE FUNCTION base_lines_in_tile(z integer, bounds geometry) RETURNS TABLE (class text, name text, geom geometry)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT class, name, CASE WHEN name IS NULL THEN ST_Collect(geom) ELSE ST_LineMerge(ST_Collect(geom)) END
    FROM (
        SELECT class, NULL AS name, overview AS geom FROM base_lines
        WHERE z <= 12 AND min_zoom <= z AND min_zoom <= 12 AND base_lines.geom && bounds
        GROUP BY osm_id, class, overview
        UNION ALL
        SELECT class, name, base_lines.geom FROM base_lines
        WHERE z > 12 AND min_zoom <= z AND base_lines.geom && bounds
        GROUP BY osm_id, class, name, base_lines.geom
    ) AS line
    WHERE class <> 'coastline'
    GROUP BY class, name
$$;

CREATE FUNCTION base_areas_in_tile(z integer, bounds geometry) RETURNS TABLE (class text, name text, geom geometry)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT class, name, overview FROM base_areas
    WHERE z <= 12 AND min_zoom <= z AND min_zoom <= 12 AND base_areas.geom && bounds
    GROUP BY osm_id, class, name, overview
    UNION ALL
    SELECT class, CASE WHEN class <> 'building' THEN name END, base_areas.geom FROM base_areas
    WHERE z > 12 AND min_zoom <= z AND base_areas.geom && bounds
    GROUP BY osm_id, class, name, base_areas.geom
$$;

CREATE FUNCTION base_tile(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SET jit = off
AS $$
    WITH tile AS (
        SELECT tile_bounds(z, x, y) AS bounds,
               tile_bounds(z, x, y, 1.0 / 64) AS around,
               20037508.34 / (1 << z) / 1024 AS half_a_pixel
    ), feature AS (
        SELECT base_layer(class) AS layer, class, name, ST_Simplify(geom, half_a_pixel) AS geom
        FROM tile, base_lines_in_tile(z, around)
        UNION ALL
        SELECT base_layer(class), class, name, ST_Simplify(geom, half_a_pixel, true)
        FROM tile, base_areas_in_tile(z, around)
        UNION ALL
        SELECT DISTINCT 'names', class, name, location
        FROM tile JOIN base_labels ON min_zoom <= z AND location && around
    ), drawn AS (
        SELECT layer, class, name, ST_AsMVTGeom(geom, bounds, 4096, 64) AS geom FROM feature, tile
    )
    SELECT string_agg(mvt, '' ORDER BY layer)
    FROM (
        SELECT layer, ST_AsMVT((class, name, geom)::base_feature, layer) AS mvt
        FROM drawn
        WHERE geom IS NOT NULL
        GROUP BY layer
    ) AS layers
$$;
COMMENT ON FUNCTION base_tile(integer, integer, integer) IS '{"description": "Streets, paths, green, water, buildings and names under a walk.", "attribution": "© OpenStreetMap contributors", "minzoom": 6, "maxzoom": 16}';

REVOKE EXECUTE ON FUNCTION base_tile(integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION base_tile(integer, integer, integer) TO martin_ro;
GRANT SELECT ON base_lines, base_areas, base_labels TO martin_ro;
