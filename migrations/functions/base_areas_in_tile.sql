-- Overlapping areas hold the same way twice: alike are those of the same id that begin at the same corner, which is
-- sooner seen than that they are the same all along.
CREATE OR REPLACE FUNCTION base_areas_in_tile(z integer, bounds geometry, around geometry, tolerance double precision)
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
