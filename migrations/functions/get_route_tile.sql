-- A function in SQL is planned at each call, which took as long as many a tile; one in PL/pgSQL once on each connection.
-- Nothing is lost: no plan depends on which tile it is.
-- The stops of a walk are few. Joined to the places as the planner likes, in the order of their ids, they cost all places whose
-- ids are between; the offset keeps the look-up by key.
CREATE OR REPLACE FUNCTION get_route_tile(route_id uuid, z integer, x integer, y integer) RETURNS bytea
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
AS $$
BEGIN
    RETURN (
        WITH tile AS (
            SELECT tile_bounds(z, x, y) AS bounds,
                   ST_Transform(tile_bounds(z, x, y, 1.0 / 64), 4326) AS around,
                   20037508.34 / (1 << z) / 1024 AS half_a_pixel
        ), route AS (
            SELECT r.id::text AS id, r.distance_metres, r.duration_seconds,
                   ST_AsMVTGeom(ST_Simplify(ST_Transform(
                       -- A walk across the antimeridian is cut there: its line would go round the earth.
                       CASE WHEN ST_XMax(r.path) - ST_XMin(r.path) > 180
                            THEN ST_WrapX(ST_ShiftLongitude(r.path), 180, -360) ELSE r.path END,
                   3857), half_a_pixel, true), bounds, 4096, 64) AS geom
            FROM tile JOIN routes r ON r.path && around
            WHERE r.id = get_route_tile.route_id
        ), stop AS (
            SELECT p.id, s.position, p.name, p.kind, s.arrive_after_seconds, s.visit_seconds,
                   ST_AsMVTGeom(ST_Transform(p.location::geometry, 3857), bounds, 4096, 64) AS geom
            FROM tile, route_pois s, LATERAL (SELECT * FROM pois WHERE id = s.poi_id OFFSET 0) AS p
            WHERE s.route_id = get_route_tile.route_id AND p.location::geometry && around
            ORDER BY s.position
        )
        SELECT (SELECT ST_AsMVT(route, 'route') FROM route) || (SELECT ST_AsMVT(stop, 'stops') FROM stop)
    );
END
$$;
COMMENT ON FUNCTION get_route_tile(uuid, integer, integer, integer) IS 'One walk as a vector tile, layers route and stops; asks for no token.';
