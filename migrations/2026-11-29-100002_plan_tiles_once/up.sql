-- A function in SQL is planned at each call, which took as long as many a tile; one in PL/pgSQL once on each connection.
-- Nothing is lost: no plan depends on which tile it is. What is made of a geometry is materialised, else the condition on
-- it would have it made twice.
CREATE OR REPLACE FUNCTION base_tile(z integer, x integer, y integer) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET jit = off SET max_parallel_workers_per_gather = 0 SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN (
        WITH tile AS (
            SELECT tile_bounds(z, x, y) AS bounds,
                   tile_bounds(z, x, y, 1.0 / 64) AS around,
                   20037508.34 / (1 << z) / 1024 AS half_a_pixel
        ), feature AS MATERIALIZED (
            SELECT base_layer(class) AS layer, class, name, geom
            FROM tile, base_lines_in_tile(z, bounds, around, half_a_pixel)
            UNION ALL
            SELECT base_layer(class), class, name, geom
            FROM tile, base_areas_in_tile(z, bounds, around, half_a_pixel)
            UNION ALL
            SELECT DISTINCT 'names', class, name, ST_AsMVTGeom(location, bounds, 4096, 64)
            FROM tile JOIN base_labels ON min_zoom <= z AND location && around
        )
        SELECT string_agg(mvt, '' ORDER BY layer)
        FROM (
            SELECT layer, ST_AsMVT((class, name, geom)::base_feature, layer) AS mvt
            FROM feature
            WHERE NOT ST_IsEmpty(geom)
            GROUP BY layer
        ) AS layers
    );
END
$$;

CREATE OR REPLACE FUNCTION poi_tile(z integer, x integer, y integer) RETURNS bytea
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET jit = off SET max_parallel_workers_per_gather = 0 SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN (
        WITH tile AS (
            SELECT tile_bounds(z, x, y) AS bounds
        ), place AS MATERIALIZED (
            SELECT p.id, p.popularity_score, p.name,
                   ST_AsMVTGeom(ST_Transform(p.location::geometry, 3857), bounds, 4096, 64) AS geom
            FROM tile, (
                SELECT * FROM pois_in_cells(z, x, y) WHERE z BETWEEN 10 AND 13
                UNION ALL
                SELECT * FROM pois_in_tile(z, x, y) WHERE z >= 14
            ) AS p
        )
        SELECT ST_AsMVT(poi, 'pois')
        FROM (
            SELECT id, popularity_score, place.name, (
                       SELECT theme.name
                       FROM poi_interest_themes JOIN interest_themes theme ON theme.id = theme_id
                       WHERE poi_id = place.id
                       ORDER BY weight DESC, theme_id
                       LIMIT 1
                   ) AS theme, geom
            FROM place
            WHERE geom IS NOT NULL
        ) AS poi
    );
END
$$;

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

CREATE OR REPLACE FUNCTION tile_token_signed_by(signing_input text, signature text, secret bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE STRICT
AS $$
DECLARE
    blind bytea := gen_random_bytes(32);
BEGIN
    RETURN hmac(convert_to(signature, 'UTF8'), blind, 'sha256')
         = hmac(convert_to(translate(encode(hmac(convert_to(signing_input, 'UTF8'), secret, 'sha256'), 'base64'), '+/=', '-_'),
                           'UTF8'), blind, 'sha256');
END
$$;

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
    );
END
$$;

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

CREATE OR REPLACE FUNCTION route_tile(z integer, x integer, y integer, query json) RETURNS bytea
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN get_route_tile(permitted_route(query), z, x, y);
END
$$;

CREATE OR REPLACE FUNCTION route_access(z integer, x integer, y integer, query json) RETURNS bytea
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN permitted_route(query) IS NOT NULL THEN '\x01'::bytea END;
END
$$;
