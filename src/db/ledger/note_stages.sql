-- Notes what workers are doing. Nothing happens to a request that another worker has claimed since, that is further already
-- or has ended; nor to one that is locked, for that is about to be.
-- Columns: $1 request, $2 attempt, $3 stage, $4 progress.
WITH known AS (
    SELECT request.id, noted.stage, noted.progress
    -- These are all, but the planner expects few: the plan goes by the index, though it is made while the table is small.
    FROM (SELECT * FROM unnest($1, $2, $3, $4) AS noted (id, attempt, stage, progress) LIMIT cardinality($1)) AS noted
    JOIN route_requests AS request USING (id)
    WHERE request.attempt = noted.attempt AND request.status = 'in_progress' AND request.progress < noted.progress
    FOR UPDATE OF request SKIP LOCKED
)
UPDATE route_requests AS request
SET stage = known.stage, progress = known.progress, updated_at = now()
FROM known
WHERE request.id = known.id
