CREATE OR REPLACE FUNCTION route_tile(z integer, x integer, y integer, query json) RETURNS bytea
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN get_route_tile(permitted_route(query), z, x, y);
END
$$;
