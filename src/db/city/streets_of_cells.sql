-- Stretches of streets by cell, those of newer data first, in an order that does not depend on which cells are asked for together.
-- $1 cells; $2, $3, $4, $5 west, south, east and north of each.
-- One that is longer than 300 m (LONG_EDGE_METRES) comes for each cell that it may pass: these are few, and have an index of
-- their own, which is used only where its condition stands here as it is.
SELECT cell, area_id, way_id, from_node, to_node, class, lit, surface, incline_percent, price_percent, stretches.name, line, long
FROM (
    SELECT cell, area_id, way_id, segment, from_node, to_node, class, lit, surface, incline_percent, price_percent, name,
           geom::bytea AS line, false AS long
    FROM walk_edges
    WHERE cell = ANY ($1) AND length_metres <= 300
    UNION ALL
    SELECT square.id, area_id, way_id, segment, from_node, to_node, class, lit, surface, incline_percent, price_percent, name,
           geom::bytea, true
    FROM unnest($1, $2, $3, $4, $5) AS square (id, west, south, east, north)
    JOIN walk_edges ON geom && ST_MakeEnvelope(west, south, east, north, 4326)
    WHERE length_metres > 300
) AS stretches
JOIN areas ON areas.id = area_id
ORDER BY cell, source_timestamp DESC NULLS LAST, area_id DESC, way_id, segment
