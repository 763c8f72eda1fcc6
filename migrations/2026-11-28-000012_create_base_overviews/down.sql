ALTER TABLE base_lines ADD COLUMN overview GEOMETRY(LineString, 3857);
UPDATE base_lines SET overview = ST_Simplify(geom, 19, true) WHERE min_zoom <= 12;
CREATE INDEX base_lines_overview_idx ON base_lines USING gist (geom) WHERE min_zoom <= 12;
COMMENT ON COLUMN base_lines.overview IS 'Simplified for zooms up to 12; null where min_zoom is above.';

CREATE OR REPLACE FUNCTION base_lines_in_tile(z integer, bounds geometry, around geometry, tolerance double precision)
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

DROP TABLE base_overviews;
