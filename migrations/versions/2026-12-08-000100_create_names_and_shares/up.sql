-- One walk is many users': its name and its link belong to a user and the walk.
CREATE TABLE route_names (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    route_id UUID NOT NULL REFERENCES routes (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (user_id, route_id),
    CONSTRAINT route_names_name_check CHECK (char_length(name) BETWEEN 1 AND 100)
);
CREATE INDEX route_names_route_id_idx ON route_names (route_id);
COMMENT ON TABLE route_names IS 'How a user calls a walk; nobody else sees it, but for those with the link.';

CREATE TABLE shared_routes (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    route_id UUID NOT NULL REFERENCES routes (id) ON DELETE CASCADE,
    token UUID NOT NULL DEFAULT gen_random_uuid(),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, route_id),
    CONSTRAINT shared_routes_token_key UNIQUE (token)
);
CREATE INDEX shared_routes_route_id_idx ON shared_routes (route_id);
COMMENT ON TABLE shared_routes IS 'Links by which anybody sees a walk, each until its user takes it back.';
COMMENT ON COLUMN shared_routes.token IS 'The secret of the link. It opens nothing that is not in this database, and so is stored as it is.';
