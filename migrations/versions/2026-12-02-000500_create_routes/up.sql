CREATE TABLE routes (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID REFERENCES users (id) ON DELETE SET NULL,
    path GEOMETRY(LineString, 4326),
    generation_params JSONB,
    distance_metres DOUBLE PRECISION NOT NULL,
    duration_seconds INTEGER NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    details JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX routes_path_idx ON routes USING gist (path);
CREATE INDEX routes_user_id_idx ON routes (user_id);
COMMENT ON COLUMN routes.user_id IS 'Who asked first; null when the account is gone.';
COMMENT ON COLUMN routes.details IS 'Legs with turn instructions, stairs, light and repeated metres, as the engine gave them.';

CREATE TABLE route_pois (
    route_id UUID NOT NULL REFERENCES routes (id) ON DELETE CASCADE,
    poi_id BIGINT NOT NULL REFERENCES pois (id),
    position INTEGER NOT NULL,
    arrive_after_seconds INTEGER NOT NULL,
    visit_seconds INTEGER NOT NULL,
    PRIMARY KEY (route_id, poi_id),
    UNIQUE (route_id, position)
);
CREATE INDEX route_pois_poi_id_idx ON route_pois (poi_id);

-- Most walks are large enough to be compressed, which takes a fraction of the time with lz4. A server that was built without
-- it goes on as before; so do the walks that are stored already.
DO $$
BEGIN
    ALTER TABLE routes ALTER COLUMN path SET COMPRESSION lz4, ALTER COLUMN details SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    RAISE NOTICE 'this server has no lz4: walks are compressed with pglz';
END
$$;
