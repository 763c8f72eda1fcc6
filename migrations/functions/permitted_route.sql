-- Martin hands the query string over as one JSON object of whatever a client sent; the regular expression keeps the cast from raising.
-- Planned once on each connection, as a function in SQL is not.
CREATE OR REPLACE FUNCTION permitted_route(query json) RETURNS uuid
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    RETURN (
        SELECT id::uuid
        FROM (SELECT substring(query ->> 'route_id' FROM '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$') AS id) AS asked
        WHERE id IS NOT NULL AND verify_tile_token(query ->> 'token', id::uuid)
    );
END
$$;
COMMENT ON FUNCTION permitted_route(json) IS 'The route_id of a tile request when its token opens that route, else null.';
