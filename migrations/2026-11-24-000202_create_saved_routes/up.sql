CREATE TABLE saved_routes (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    route_id UUID NOT NULL REFERENCES routes (id) ON DELETE CASCADE,
    saved_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, route_id)
);
CREATE INDEX saved_routes_route_id_idx ON saved_routes (route_id);
COMMENT ON TABLE saved_routes IS 'A route that anybody has saved stays in the route cache.';
