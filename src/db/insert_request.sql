-- Accepts a request, unless one of its ends has no way for walkers near it.
-- $1 request, $2 user, $3 parameters, $4 cache key, $5 trace; $6, $7 longitudes and latitudes of the ends; $8 metres.
INSERT INTO route_requests (id, user_id, params, cache_key, trace_id)
SELECT $1, $2, $3, $4, $5
WHERE NOT EXISTS (
    SELECT FROM unnest($6, $7) AS walk_end (lon, lat), ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS here
    WHERE NOT EXISTS (
        SELECT FROM walk_edges
        WHERE geom && ST_Expand(here, $8 / 111000 / greatest(cos(radians(lat)), 0.01), $8 / 111000)
          AND ST_DWithin(geom::geography, here::geography, $8)
    )
)
RETURNING created_at
