-- Whoever stores a walk ends the requests like it in the order of their ids. The index has that order: the planner, for
-- which nearly no request is ever unanswered, would else as soon read all that are as look for those of one key.
DROP INDEX route_requests_unanswered_cache_key_idx;
CREATE INDEX route_requests_unanswered_cache_key_id_idx ON route_requests (cache_key, id)
    WHERE route_id IS NULL AND error_code IS NULL;
