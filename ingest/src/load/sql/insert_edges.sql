INSERT INTO walk_edges (
    area_id, way_id, segment, cell, from_node, to_node, length_metres, class, stairs, lit, surface, incline_percent,
    name, geom
)
SELECT
    $1, way_id, segment, cell, from_node, to_node, length_metres, class, stairs, lit, surface, incline_percent,
    name, geom
FROM staged_edges
-- A way that a broken file holds twice counts once.
ON CONFLICT (area_id, way_id, segment) DO NOTHING
