CREATE EXTENSION IF NOT EXISTS pgcrypto;

CREATE TABLE tile_token_keys (
    secret BYTEA PRIMARY KEY,
    loaded_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT tile_token_keys_secret_check CHECK (octet_length(secret) >= 32)
);
COMMENT ON TABLE tile_token_keys IS 'HS256 keys that open route tiles, each valid while it is here. Loaded from TILE_TOKEN_KEY_FILE when the server starts.';
REVOKE ALL ON tile_token_keys FROM PUBLIC;

-- base64url without padding (RFC 7515, appendix C).
CREATE FUNCTION base64url_decode(encoded text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT decode(rpad(translate(encoded, '-_', '+/'), (length(encoded) + 3) / 4 * 4, '='), 'base64')
$$;

-- Compared as text, so that each signature has one spelling, and under a random key, so that the time it takes tells nothing
-- about the expected one.
CREATE FUNCTION tile_token_signed_by(signing_input text, signature text, secret bytea) RETURNS boolean
LANGUAGE sql VOLATILE STRICT
AS $$
    SELECT hmac(convert_to(signature, 'UTF8'), blind, 'sha256')
         = hmac(convert_to(translate(encode(hmac(convert_to(signing_input, 'UTF8'), secret, 'sha256'), 'base64'), '+/=', '-_'),
                           'UTF8'), blind, 'sha256')
    FROM gen_random_bytes(32) AS blind
$$;

-- The claims of a token of ours for this route, with a minute of clock skew on either side and a quarter of an hour to live.
CREATE FUNCTION tile_claims_hold(claims jsonb, route_id uuid, at numeric) RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
    SELECT jsonb_typeof(claims -> 'iat') = 'number'
       AND jsonb_typeof(claims -> 'nbf') = 'number'
       AND jsonb_typeof(claims -> 'exp') = 'number'
       AND claims -> 'iss' = '"wildside"'
       AND claims -> 'aud' = '"wildside-tiles"'
       AND claims -> 'route_id' = to_jsonb(route_id::text)
       AND (claims ->> 'iat')::numeric <= at + 60
       AND (claims ->> 'nbf')::numeric <= at + 60
       AND (claims ->> 'exp')::numeric > at - 60
       AND (claims ->> 'exp')::numeric - (claims ->> 'iat')::numeric BETWEEN 0 AND 900
$$;

CREATE FUNCTION verify_tile_token(token text, route_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    part text[] := regexp_match(left(token, 1024), '^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$');
    header jsonb;
    claims jsonb;
    signed boolean;
BEGIN
    IF part IS NULL OR route_id IS NULL THEN
        RETURN false;
    END IF;
    SELECT bool_or(tile_token_signed_by(part[1] || '.' || part[2], part[3], secret)) INTO signed FROM tile_token_keys;
    IF signed IS NOT TRUE THEN
        RETURN false;
    END IF;
    header := convert_from(base64url_decode(part[1]), 'UTF8');
    claims := convert_from(base64url_decode(part[2]), 'UTF8');
    RETURN coalesce(
        header -> 'alg' = '"HS256"' AND NOT header ? 'crit'
            AND tile_claims_hold(claims, route_id, extract(epoch FROM clock_timestamp())),
        false);
EXCEPTION
    -- An error would put the token into the tile server's log and answer.
    WHEN OTHERS THEN
        RETURN false;
END
$$;
COMMENT ON FUNCTION verify_tile_token(text, uuid) IS 'Whether the token, an HS256 JWT, opens the tiles of the route now. Says false to everything else; never raises.';

REVOKE EXECUTE ON FUNCTION base64url_decode(text), tile_token_signed_by(text, text, bytea),
    tile_claims_hold(jsonb, uuid, numeric), verify_tile_token(text, uuid) FROM PUBLIC;
