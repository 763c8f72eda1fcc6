-- What the streets cover: their hull, not too tight, and a little more so that one may start beside the last of them.
SELECT ST_AsText(ST_Multi(ST_SimplifyPreserveTopology(
    ST_Buffer(ST_ConcaveHull(ST_Collect(corner), 0.3)::geography, 150)::geometry,
    0.0002
)))
FROM (
    SELECT DISTINCT ST_SnapToGrid(point, 0.0005) AS corner
    FROM staged_edges, unnest(ARRAY[ST_StartPoint(geom), ST_EndPoint(geom)]) AS point
) AS corners
