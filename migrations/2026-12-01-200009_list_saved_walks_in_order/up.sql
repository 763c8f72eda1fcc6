CREATE INDEX CONCURRENTLY saved_routes_list_idx
    ON saved_routes (user_id, (coalesce(requested_at, saved_at)), route_id);
