CREATE INDEX route_requests_unfinished_cache_key_idx ON route_requests (cache_key)
    WHERE status IN ('pending', 'in_progress');
DROP INDEX route_requests_unanswered_cache_key_idx;
