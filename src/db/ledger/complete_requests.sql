-- Stores walks, and ends with each the request that it was computed for and all others like it that are unfinished.
-- Nothing happens to a request that another worker has claimed since.
-- Columns of the walks: $1 request, $2 attempt; $3 route, $4 path, $5 metres, $6 seconds, $7 score, $8 details.
-- Columns of their stops: $9 route, $10 place, $11 seconds until it, $12 seconds at it, $13 position.
WITH walk AS (
    SELECT *
    FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
        AS walk (request_id, attempt, route_id, path, metres, seconds, score, details)
    -- These are all, but the planner expects few: the plan goes by indexes, though it is made while the tables are small.
    LIMIT cardinality($1)
),
own AS (
    UPDATE route_requests AS request
    SET status = 'complete', route_id = walk.route_id, stage = NULL, progress = 1, updated_at = now()
    FROM walk
    WHERE request.id = walk.request_id AND request.attempt = walk.attempt
      AND status NOT IN ('complete', 'failed')
    RETURNING request.*, path, metres, seconds, score, details
),
stored AS (
    INSERT INTO routes (id, user_id, path, generation_params, distance_metres, duration_seconds, score, details)
    SELECT route_id, user_id, path, params - 'sources', metres, seconds, score, details::jsonb FROM own
),
visited AS (
    INSERT INTO route_pois (route_id, poi_id, arrive_after_seconds, visit_seconds, position)
    SELECT stop.*
    FROM own
    JOIN unnest($9, $10, $11, $12, $13) AS stop (route_id, poi_id, arrive_after_seconds, visit_seconds, position)
        USING (route_id)
),
likewise AS (
    UPDATE route_requests AS other
    SET status = 'complete', route_id = own.route_id, stage = NULL, progress = 1, updated_at = now()
    FROM own, LATERAL (
        SELECT request.id
        FROM route_requests AS request
        WHERE request.cache_key = own.cache_key AND request.id <> own.id
          AND request.route_id IS NULL AND request.error_code IS NULL
        ORDER BY request.id
    ) AS waiting
    WHERE other.id = waiting.id AND other.status NOT IN ('complete', 'failed')
    RETURNING other.id, other.user_id, other.route_id, other.attempt, other.trace_id, other.updated_at
)
SELECT id, user_id, route_id, attempt, trace_id, updated_at FROM own
UNION ALL
SELECT * FROM likewise
