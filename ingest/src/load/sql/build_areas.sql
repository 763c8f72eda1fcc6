-- What is inside an odd number of rings is the area. 38 m is one pixel at zoom 12.
INSERT INTO ingest.base_areas (area_id, osm_id, class, name, min_zoom, geom, overview)
SELECT
    area_id, osm_id, class, name, min_zoom, whole,
    CASE WHEN min_zoom <= 12 THEN ST_Multi(ST_SimplifyPreserveTopology(whole, 19)) END
FROM ingest.outlines
CROSS JOIN LATERAL (
    SELECT CASE ST_NumGeometries(rings)
        WHEN 1 THEN ST_MakePolygon(ST_GeometryN(rings, 1)) ELSE ST_BuildArea(rings)
    END AS built
) AS assembled
CROSS JOIN LATERAL (
    SELECT ST_Multi(ST_CollectionExtract(CASE WHEN ST_IsValid(built) THEN built ELSE ST_MakeValid(built) END, 3)) AS whole
) AS mended
WHERE NOT ST_IsEmpty(whole);
