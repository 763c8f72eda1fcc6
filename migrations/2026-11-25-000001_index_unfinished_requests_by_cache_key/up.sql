-- Whoever stores a walk ends all requests like it: they are found without a look at every unfinished one.
CREATE INDEX route_requests_unfinished_cache_key_idx ON route_requests (cache_key)
    WHERE status IN ('pending', 'in_progress');
