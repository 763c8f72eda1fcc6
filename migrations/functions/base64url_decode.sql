-- base64url without padding (RFC 7515, appendix C).
CREATE OR REPLACE FUNCTION base64url_decode(encoded text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT decode(rpad(translate(encoded, '-_', '+/'), (length(encoded) + 3) / 4 * 4, '='), 'base64')
$$;
