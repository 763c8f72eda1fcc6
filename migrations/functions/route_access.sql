-- For the tile servers of before: their nginx asks this first, and takes a tile for yes and none for no.
-- It looks for tables where they are, then for functions where the extensions are: the search path is that of the session
-- that makes it. pg_temp is last there, so that no temporary table is taken for one of ours.
CREATE OR REPLACE FUNCTION route_access(z integer, x integer, y integer, query json) RETURNS bytea
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN CASE WHEN permitted_route(query) IS NOT NULL THEN '\x01'::bytea END;
END
$$;
COMMENT ON FUNCTION route_access(integer, integer, integer, json) IS '{"description": "Whether a token opens a route: one byte, or nothing."}';
