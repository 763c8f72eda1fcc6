-- Accepts requests, but none that has an end without a way for walkers near it.
-- Columns of the requests: $1 request, $2 user, $3 parameters, $4 cache key, $5 trace.
-- Columns of their ends: $6 request, $7 longitude, $8 latitude. $9 metres.
-- A degree of latitude is nowhere shorter than 110,574 m, its length at the equator: the box holds the circle.
INSERT INTO route_requests (id, user_id, params, cache_key, trace_id)
SELECT wanted.*
FROM unnest($1, $2, $3, $4, $5) AS wanted (id, user_id, params, cache_key, trace_id)
WHERE NOT EXISTS (
    SELECT FROM unnest($6, $7, $8) AS walk_end (request_id, lon, lat), ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS here
    WHERE request_id = wanted.id AND NOT EXISTS (
        SELECT FROM walk_edges
        WHERE geom && ST_Expand(here, $9 / 110574 / greatest(cos(radians(lat)), 0.01), $9 / 110574)
          AND ST_DWithin(geom::geography, here::geography, $9)
    )
    -- Streets beyond the antimeridian have longitudes of the other sign.
    AND NOT (abs(lon) > 179 AND EXISTS (
        SELECT FROM walk_edges
        WHERE geom && ST_Expand(
                  ST_Translate(here, -360 * sign(lon), 0), $9 / 110574 / greatest(cos(radians(lat)), 0.01), $9 / 110574
              )
          AND ST_DWithin(geom::geography, here::geography, $9)
    ))
)
RETURNING id, created_at
