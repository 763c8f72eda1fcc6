-- To match alone is fast; to have the parts of the match, too, took as long as all the rest of the verification.
CREATE OR REPLACE FUNCTION verify_tile_token(token text, route_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    start text := left(token, 1024);
    part text[] := CASE WHEN start ~ '^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$' THEN string_to_array(start, '.') END;
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
