CREATE TABLE route_progress (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    route_id UUID NOT NULL REFERENCES routes (id) ON DELETE CASCADE,
    visited_poi_ids BIGINT[] NOT NULL DEFAULT '{}',
    revision INTEGER NOT NULL DEFAULT 1,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, route_id)
);
CREATE INDEX route_progress_route_id_idx ON route_progress (route_id);
COMMENT ON TABLE route_progress IS 'Which stops of a walk its walker has visited.';

CREATE TABLE route_notes (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    route_id UUID NOT NULL REFERENCES routes (id) ON DELETE CASCADE,
    poi_id BIGINT REFERENCES pois (id) ON DELETE SET NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX route_notes_user_id_route_id_idx ON route_notes (user_id, route_id, created_at, id);
CREATE INDEX route_notes_route_id_idx ON route_notes (route_id);
CREATE INDEX route_notes_poi_id_idx ON route_notes (poi_id);
COMMENT ON TABLE route_notes IS 'What a walker wrote down about a walk, or about one of its stops; nobody else sees it.';
