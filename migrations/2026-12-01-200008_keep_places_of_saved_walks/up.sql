ALTER TABLE saved_routes ADD COLUMN requested_at TIMESTAMPTZ;
UPDATE saved_routes AS saved SET requested_at = (
    SELECT min(created_at) FROM route_requests AS request
    WHERE request.route_id = saved.route_id AND request.user_id = saved.user_id
);
COMMENT ON COLUMN saved_routes.requested_at IS 'When the user first asked for the walk: its place in the list. Null: not known, saved_at stands in for it.';
