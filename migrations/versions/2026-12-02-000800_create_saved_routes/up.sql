CREATE TABLE saved_routes (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    route_id UUID NOT NULL REFERENCES routes (id) ON DELETE CASCADE,
    saved_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    requested_at TIMESTAMPTZ,
    PRIMARY KEY (user_id, route_id)
);
CREATE INDEX saved_routes_route_id_idx ON saved_routes (route_id);
CREATE INDEX saved_routes_list_idx ON saved_routes (user_id, (coalesce(requested_at, saved_at)), route_id);
COMMENT ON TABLE saved_routes IS 'A route that anybody has saved stays in the route cache.';
COMMENT ON COLUMN saved_routes.requested_at IS 'When the user first asked for the walk: its place in the list. Null: not known, saved_at stands in for it.';
