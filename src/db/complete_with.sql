-- Stores a walk, and ends with it the request that it was computed for and all others like it that are unfinished.
-- Nothing happens if another worker has claimed the request since.
-- $1 request, $2 attempt; $3 route, $4 path, $5 metres, $6 seconds, $7 score, $8 details;
-- $9 places in the order of the walk, $10 seconds until each, $11 seconds at each.
WITH own AS (
    UPDATE route_requests
    SET status = 'complete', route_id = $3, stage = NULL, progress = 1, updated_at = now()
    WHERE id = $1 AND attempt = $2 AND status NOT IN ('complete', 'failed')
    RETURNING id, user_id, params, cache_key, attempt, trace_id, updated_at
),
stored AS (
    INSERT INTO routes (id, user_id, path, generation_params, distance_metres, duration_seconds, score, details)
    SELECT $3, user_id, $4, params, $5, $6, $7, $8::jsonb FROM own
),
visited AS (
    INSERT INTO route_pois (route_id, poi_id, arrive_after_seconds, visit_seconds, position)
    SELECT $3, stop.*
    FROM own, unnest($9, $10, $11) WITH ORDINALITY AS stop
),
likewise AS (
    UPDATE route_requests AS other
    SET status = 'complete', route_id = $3, stage = NULL, progress = 1, updated_at = now()
    FROM own
    WHERE other.cache_key = own.cache_key AND other.id <> own.id
      AND other.route_id IS NULL AND other.error_code IS NULL AND other.status NOT IN ('complete', 'failed')
    RETURNING other.id, other.user_id, other.attempt, other.trace_id, other.updated_at
)
SELECT id, user_id, attempt, trace_id, updated_at FROM own
UNION ALL
SELECT * FROM likewise
