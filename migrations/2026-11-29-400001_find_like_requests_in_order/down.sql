DROP INDEX route_requests_unanswered_cache_key_id_idx;
CREATE INDEX route_requests_unanswered_cache_key_idx ON route_requests (cache_key)
    WHERE route_id IS NULL AND error_code IS NULL;
