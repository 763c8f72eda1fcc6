-- Overlapping areas hold the same way twice: alike are those of the same id that begin at the same corner, which is
-- sooner seen than that they are the same all along. Ways of one street become one line.
CREATE OR REPLACE FUNCTION base_lines_in_tile(z integer, bounds geometry, around geometry, tolerance double precision)
RETURNS TABLE (class text, name text, geom geometry)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT class, name, ST_CollectionExtract(ST_Collect(ST_AsMVTGeom(geom, bounds, 4096, 64)), 2)
    FROM (
        SELECT DISTINCT class, name, geom FROM base_overviews WHERE z <= 14 AND zoom = z AND base_overviews.geom && around
    ) AS square
    GROUP BY class, name
    UNION ALL
    SELECT class, name,
           ST_CollectionExtract(CASE WHEN name IS NULL THEN ST_Collect(geom) ELSE ST_LineMerge(ST_Collect(geom)) END, 2)
    FROM (
        SELECT DISTINCT ON (osm_id, ST_XMin(base_lines.geom), ST_YMin(base_lines.geom))
               class, name, ST_AsMVTGeom(ST_Simplify(base_lines.geom, tolerance), bounds, 4096, 64) AS geom
        FROM base_lines
        WHERE z > 14 AND min_zoom <= z AND base_lines.geom && around
    ) AS way
    WHERE class <> 'coastline'
    GROUP BY class, name
$$;
