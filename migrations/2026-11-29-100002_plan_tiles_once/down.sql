CREATE OR REPLACE FUNCTION base_tile(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SET jit = off SET max_parallel_workers_per_gather = 0
AS $$
    WITH tile AS (
        SELECT tile_bounds(z, x, y) AS bounds,
               tile_bounds(z, x, y, 1.0 / 64) AS around,
               20037508.34 / (1 << z) / 1024 AS half_a_pixel
    ), feature AS (
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
$$;

CREATE OR REPLACE FUNCTION poi_tile(z integer, x integer, y integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SET jit = off SET max_parallel_workers_per_gather = 0
AS $$
    SELECT ST_AsMVT(poi, 'pois')
    FROM (
        SELECT p.id, p.popularity_score, p.name, theme.name AS theme,
               ST_AsMVTGeom(ST_Transform(p.location::geometry, 3857), tile_bounds(z, x, y), 4096, 64) AS geom
        FROM (
            SELECT * FROM pois_in_cells(z, x, y) WHERE z BETWEEN 10 AND 13
            UNION ALL
            SELECT * FROM pois_in_tile(z, x, y) WHERE z >= 14
        ) AS p
        LEFT JOIN LATERAL (
            SELECT theme_id FROM poi_interest_themes WHERE poi_id = p.id ORDER BY weight DESC, theme_id LIMIT 1
        ) AS strongest ON true
        LEFT JOIN interest_themes theme ON theme.id = strongest.theme_id
    ) AS poi
    WHERE geom IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION tile_token_signed_by(signing_input text, signature text, secret bytea) RETURNS boolean
LANGUAGE sql VOLATILE STRICT
AS $$
    SELECT hmac(convert_to(signature, 'UTF8'), blind, 'sha256')
         = hmac(convert_to(translate(encode(hmac(convert_to(signing_input, 'UTF8'), secret, 'sha256'), 'base64'), '+/=', '-_'),
                           'UTF8'), blind, 'sha256')
    FROM gen_random_bytes(32) AS blind
$$;

CREATE OR REPLACE FUNCTION tile_claims_hold(claims jsonb, route_id uuid, at numeric) RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
    SELECT jsonb_typeof(claims -> 'iat') = 'number'
       AND jsonb_typeof(claims -> 'nbf') = 'number'
       AND jsonb_typeof(claims -> 'exp') = 'number'
       AND claims -> 'iss' = '"wildside"'
       AND claims -> 'aud' = '"wildside-tiles"'
       AND claims -> 'route_id' = to_jsonb(route_id::text)
       AND (claims ->> 'iat')::numeric <= at + 60
       AND (claims ->> 'nbf')::numeric <= at + 60
       AND (claims ->> 'exp')::numeric > at - 60
       AND (claims ->> 'exp')::numeric - (claims ->> 'iat')::numeric BETWEEN 0 AND 900
$$;

CREATE OR REPLACE FUNCTION get_route_tile(route_id uuid, z integer, x integer, y integer) RETURNS bytea
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

CREATE OR REPLACE FUNCTION permitted_route(query json) RETURNS uuid
LANGUAGE sql VOLATILE
AS $$
    SELECT id::uuid
    FROM (SELECT substring(query ->> 'route_id' FROM '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$') AS id) AS asked
    WHERE id IS NOT NULL AND verify_tile_token(query ->> 'token', id::uuid)
$$;

CREATE OR REPLACE FUNCTION route_tile(z integer, x integer, y integer, query json) RETURNS bytea
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT get_route_tile(permitted_route(query), z, x, y)
$$;

CREATE OR REPLACE FUNCTION route_access(z integer, x integer, y integer, query json) RETURNS bytea
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT '\x01'::bytea WHERE permitted_route(query) IS NOT NULL
$$;
