-- Whoever stores a walk looks for unfinished requests by their key, and for its own by its id. The index of unfinished
-- requests, which seems to be all but empty until statistics say otherwise, must not tempt the planner to read them all:
-- the condition of this one does not imply that of the other.
CREATE INDEX route_requests_unanswered_cache_key_idx ON route_requests (cache_key)
    WHERE route_id IS NULL AND error_code IS NULL;
DROP INDEX route_requests_unfinished_cache_key_idx;
