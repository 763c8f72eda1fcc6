INSERT INTO walk_nodes (id, area_id, cell, location)
SELECT DISTINCT ON (id) id, $1, cell, location
FROM (
    SELECT from_node AS id, cell, ST_StartPoint(geom) AS location FROM staged_edges
    UNION ALL
    SELECT to_node, to_cell, ST_EndPoint(geom) FROM staged_edges
) AS ends
ORDER BY id
