-- One request instead of two for each tile of a walk: the tile that refuses is one of its own, which the nginx in front knows by
-- its hash. None is still the tile in which the walk is not.
-- It looks for tables where they are, then for functions where the extensions are: the search path is that of the session
-- that makes it. pg_temp is last there, so that no temporary table is taken for one of ours.
CREATE OR REPLACE FUNCTION route_tile(z integer, x integer, y integer, query json) RETURNS bytea
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
DECLARE
    permitted uuid := permitted_route(query);
BEGIN
    RETURN CASE WHEN permitted IS NULL THEN 'refused'::bytea ELSE get_route_tile(permitted, z, x, y) END;
END
$$;
COMMENT ON FUNCTION route_tile(integer, integer, integer, json) IS '{"description": "One walk and its stops; needs a token.", "attribution": "© OpenStreetMap contributors", "minzoom": 0, "maxzoom": 22}';
