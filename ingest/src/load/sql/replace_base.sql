DELETE FROM base_lines WHERE area_id = {area};
DELETE FROM base_areas WHERE area_id = {area};
DELETE FROM base_labels WHERE area_id = {area};

-- 38 m is one pixel at zoom 12.
INSERT INTO base_lines (area_id, osm_id, class, name, min_zoom, geom, overview)
SELECT {area}, osm_id, class, name, min_zoom, geom, CASE WHEN min_zoom <= 12 THEN ST_Simplify(geom, 19, true) END
FROM staged_base
WHERE GeometryType(geom) = 'LINESTRING';

-- Several rings come as lines; what is inside an odd number of them is the area.
INSERT INTO base_areas (area_id, osm_id, class, name, min_zoom, geom, overview)
SELECT
    {area}, osm_id, class, name, min_zoom, whole,
    CASE WHEN min_zoom <= 12 THEN ST_Multi(ST_SimplifyPreserveTopology(whole, 19)) END
FROM staged_base
CROSS JOIN LATERAL (
    SELECT CASE GeometryType(geom) WHEN 'MULTILINESTRING' THEN ST_BuildArea(geom) ELSE geom END AS built
) AS assembled
CROSS JOIN LATERAL (
    SELECT ST_Multi(ST_CollectionExtract(CASE WHEN ST_IsValid(built) THEN built ELSE ST_MakeValid(built) END, 3)) AS whole
) AS mended
WHERE GeometryType(geom) IN ('POLYGON', 'MULTILINESTRING') AND NOT ST_IsEmpty(whole);

INSERT INTO base_labels (area_id, osm_id, class, name, min_zoom, location)
SELECT {area}, osm_id, class, name, min_zoom, geom
FROM staged_base
WHERE GeometryType(geom) = 'POINT';
