-- ST_TileEnvelope raises on a tile that does not exist; here it is null, and so shows nothing.
CREATE FUNCTION tile_bounds(z integer, x integer, y integer, margin double precision DEFAULT 0) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN z BETWEEN 0 AND 22 AND least(x, y) >= 0 AND greatest(x, y) < 1 << z
                THEN ST_TileEnvelope(z, x, y, margin => margin) END
$$;
COMMENT ON FUNCTION tile_bounds(integer, integer, integer, double precision) IS 'Web-mercator square of a tile, with a margin as a share of its width; null where there is no such tile.';

CREATE FUNCTION get_route_tile(route_id uuid, z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE STRICT PARALLEL SAFE
AS $$
    WITH tile AS (
        SELECT tile_bounds(z, x, y) AS bounds,
               ST_Transform(tile_bounds(z, x, y, 1.0 / 64), 4326) AS around,
               20037508.34 / (1 << z) / 1024 AS half_a_pixel
    ), route AS (
        SELECT r.id::text AS id, r.distance_metres, r.duration_seconds,
               ST_AsMVTGeom(ST_Simplify(ST_Transform(r.path, 3857), half_a_pixel, true), bounds, 4096, 64) AS geom
        FROM tile JOIN routes r ON r.path && around
        WHERE r.id = get_route_tile.route_id
    ), stop AS (
        SELECT p.id, s.position, p.name, p.kind, s.arrive_after_seconds, s.visit_seconds,
               ST_AsMVTGeom(ST_Transform(p.location::geometry, 3857), bounds, 4096, 64) AS geom
        FROM tile, route_pois s JOIN pois p ON p.id = s.poi_id
        WHERE s.route_id = get_route_tile.route_id AND p.location::geometry && around
        ORDER BY s.position
    )
    SELECT (SELECT ST_AsMVT(route, 'route') FROM route) || (SELECT ST_AsMVT(stop, 'stops') FROM stop)
$$;
COMMENT ON FUNCTION get_route_tile(uuid, integer, integer, integer) IS 'One walk as a vector tile, layers route and stops; asks for no token.';

-- Martin hands the query string over as one JSON object of whatever a client sent; the regular expression keeps the cast from raising.
CREATE FUNCTION permitted_route(query json) RETURNS uuid
LANGUAGE sql VOLATILE
AS $$
    SELECT id::uuid
    FROM (SELECT substring(query ->> 'route_id' FROM '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$') AS id) AS asked
    WHERE id IS NOT NULL AND verify_tile_token(query ->> 'token', id::uuid)
$$;
COMMENT ON FUNCTION permitted_route(json) IS 'The route_id of a tile request when its token opens that route, else null.';

CREATE FUNCTION route_tile(z integer, x integer, y integer, query json) RETURNS bytea
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    SELECT get_route_tile(permitted_route(query), z, x, y)
$$;
COMMENT ON FUNCTION route_tile(integer, integer, integer, json) IS '{"description": "One walk and its stops; needs a token.", "attribution": "© OpenStreetMap contributors", "minzoom": 0, "maxzoom": 22}';

-- Martin has no answer for "not permitted": the nginx in front asks this first, and takes a tile for yes and none for no.
CREATE FUNCTION route_access(z integer, x integer, y integer, query json) RETURNS bytea
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
AS $$
    SELECT '\x01'::bytea WHERE permitted_route(query) IS NOT NULL
$$;
COMMENT ON FUNCTION route_access(integer, integer, integer, json) IS '{"description": "Whether a token opens a route: one byte, or nothing."}';

REVOKE EXECUTE ON FUNCTION get_route_tile(uuid, integer, integer, integer), permitted_route(json),
    route_tile(integer, integer, integer, json), route_access(integer, integer, integer, json) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION route_tile(integer, integer, integer, json), route_access(integer, integer, integer, json) TO martin_ro;
