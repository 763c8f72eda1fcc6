-- The claims of a token of ours for this route, with a minute of clock skew on either side and a quarter of an hour to live.
-- Planned once on each connection, as a function in SQL is not.
CREATE OR REPLACE FUNCTION tile_claims_hold(claims jsonb, route_id uuid, at numeric) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    RETURN jsonb_typeof(claims -> 'iat') = 'number'
       AND jsonb_typeof(claims -> 'nbf') = 'number'
       AND jsonb_typeof(claims -> 'exp') = 'number'
       AND claims -> 'iss' = '"wildside"'
       AND claims -> 'aud' = '"wildside-tiles"'
       AND claims -> 'route_id' = to_jsonb(route_id::text)
       AND (claims ->> 'iat')::numeric <= at + 60
       AND (claims ->> 'nbf')::numeric <= at + 60
       AND (claims ->> 'exp')::numeric > at - 60
       AND (claims ->> 'exp')::numeric - (claims ->> 'iat')::numeric BETWEEN 0 AND 900;
END
$$;
