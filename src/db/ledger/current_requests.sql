-- Of each user's newest requests those that are unfinished, or ended lately.
-- $1 users; $2 how lately; $3 requests of each user that are looked at.
SELECT newest.*
FROM unnest($1) AS wanted (user_id) CROSS JOIN LATERAL (
    SELECT * FROM route_requests
    WHERE user_id = wanted.user_id
    ORDER BY created_at DESC, id DESC
    LIMIT $3
) AS newest
WHERE status IN ('pending', 'in_progress') OR updated_at >= now() - $2
ORDER BY created_at DESC, id DESC
