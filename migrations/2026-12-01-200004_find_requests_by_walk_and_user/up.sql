-- Who may see a walk, and since when. The index of walks alone had all who ever asked for a popular one read.
CREATE INDEX CONCURRENTLY route_requests_walk_idx ON route_requests (route_id, user_id, created_at)
    WHERE route_id IS NOT NULL;
