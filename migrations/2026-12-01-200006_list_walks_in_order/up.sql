-- The walks of a user in the order of the list, each once but for a few.
CREATE INDEX CONCURRENTLY route_requests_list_idx ON route_requests (user_id, created_at, route_id)
    WHERE route_id IS NOT NULL AND NOT repeated;
