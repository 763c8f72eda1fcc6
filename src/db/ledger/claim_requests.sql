-- Takes requests for a worker and fences whoever had them, unless they have ended.
-- $1 requests. One that is locked is left out, for it may be waiting for another of them: who wants it, waits for it alone.
WITH free AS (
    SELECT request.id
    -- These are all, but the planner expects few: the plan goes by the index, though it is made while the table is small.
    FROM (SELECT unnest($1) AS id LIMIT cardinality($1)) AS wanted
    JOIN route_requests AS request USING (id)
    WHERE status NOT IN ('complete', 'failed')
    FOR UPDATE OF request SKIP LOCKED
)
UPDATE route_requests AS request
SET status = 'in_progress', attempt = attempt + 1, stage = 'loading', progress = 0, updated_at = now()
FROM free
WHERE request.id = free.id
RETURNING request.*
