-- Needs of the functions of the tile server, beside the tables of the others.
CREATE TABLE tile_token_keys (
    secret BYTEA PRIMARY KEY,
    loaded_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT tile_token_keys_secret_check CHECK (octet_length(secret) >= 32)
);
COMMENT ON TABLE tile_token_keys IS 'HS256 keys that open route tiles, each valid while it is here. Loaded from TILE_TOKEN_KEY_FILE when the server starts.';
REVOKE ALL ON tile_token_keys FROM PUBLIC;

CREATE TYPE base_feature AS (class text, name text, geom geometry);
