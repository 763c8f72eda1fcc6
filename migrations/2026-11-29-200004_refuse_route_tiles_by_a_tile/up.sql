-- One request instead of two for each tile of a walk: the tile that refuses is one of its own, which the nginx in front knows by
-- its hash. None is still the tile in which the walk is not. route_access stays for the tile servers of before.
CREATE OR REPLACE FUNCTION route_tile(z integer, x integer, y integer, query json) RETURNS bytea
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
DECLARE
    permitted uuid := permitted_route(query);
BEGIN
    RETURN CASE WHEN permitted IS NULL THEN 'refused'::bytea ELSE get_route_tile(permitted, z, x, y) END;
END
$$;
