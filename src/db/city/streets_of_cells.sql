-- Stretches of streets by cell, those of newer data first, in an order that does not depend on which cells are asked for together.
-- $1 cells; $2, $3, $4, $5 west, south, east and north of each.
-- One that is longer than 300 m (LONG_EDGE_METRES) comes for each cell that it may pass: these are few, and have an index of
-- their own, which is used only where its condition stands here as it is.
WITH renewed AS MATERIALIZED (
    SELECT older.id AS area_id, newer.id AS newer_id, newer.boundary
    FROM areas AS older
    JOIN areas AS newer ON newer.source_timestamp > older.source_timestamp AND newer.boundary && older.boundary
)
SELECT cell, area_id, way_id, from_node, to_node, class, lit, surface, incline_percent, price_percent, hours, one_way, stretches.name, line, long
FROM (
    SELECT cell, area_id, way_id, segment, from_node, to_node, class, lit, surface, incline_percent, price_percent, hours, one_way, name,
           geom, geom::bytea AS line, false AS long
    FROM walk_edges
    WHERE cell = ANY ($1) AND length_metres <= 300
    UNION ALL
    SELECT square.id, area_id, way_id, segment, from_node, to_node, class, lit, surface, incline_percent, price_percent, hours, one_way, name,
           geom, geom::bytea, true
    FROM unnest($1, $2, $3, $4, $5) AS square (id, west, south, east, north)
    JOIN walk_edges ON geom && ST_MakeEnvelope(west, south, east, north, 4326)
    WHERE length_metres > 300
) AS stretches
JOIN areas ON areas.id = area_id
WHERE NOT EXISTS (
    -- Gone since: newer data lack the way, though they have the ground and streets at both of its ends.
    -- OFFSET keeps PostgreSQL from reading all streets at once to compare.
    SELECT FROM renewed
    WHERE renewed.area_id = stretches.area_id
      AND NOT EXISTS (SELECT FROM walk_edges AS kept WHERE kept.area_id = newer_id AND kept.way_id = stretches.way_id OFFSET 0)
      AND ST_Covers(renewed.boundary, stretches.geom)
      AND EXISTS (SELECT FROM walk_edges AS there WHERE there.area_id = newer_id AND ST_DWithin(there.geom, ST_StartPoint(stretches.geom), 0.0001))
      AND EXISTS (SELECT FROM walk_edges AS there WHERE there.area_id = newer_id AND ST_DWithin(there.geom, ST_EndPoint(stretches.geom), 0.0001)))
ORDER BY cell, source_timestamp DESC NULLS LAST, area_id DESC, way_id, segment
