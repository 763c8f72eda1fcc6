-- Builds of indexes, ANALYZE and restores run with a search path of their own, and PostGIS may be in any schema: the body of what
-- an index calls is parsed here, once, and not by each caller.
CREATE OR REPLACE FUNCTION poi_cell(location geography) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN floor((ST_X(location::geometry) + 180) / 360 * 32768)::integer << 15
     | floor((1 - asinh(tan(radians(ST_Y(location::geometry)))) / pi()) / 2 * 32768)::integer;

-- What the tile server calls looks for tables where this is migrated, then for functions where the extensions are; pg_temp is
-- last, so that no temporary table is taken for one of ours.
DO $$
DECLARE
    home oid := (SELECT relnamespace FROM pg_class WHERE oid = 'pois'::regclass);
    path text;
    called regprocedure;
BEGIN
    SELECT string_agg(schema::regnamespace::text, ', ' ORDER BY schema <> home) || ', pg_temp'
    INTO path
    FROM (SELECT home UNION SELECT extnamespace FROM pg_extension WHERE extname IN ('postgis', 'pgcrypto')) AS used (schema);
    FOREACH called IN ARRAY ARRAY[
        'base_tile(integer, integer, integer)',
        'poi_tile(integer, integer, integer)',
        'route_tile(integer, integer, integer, json)',
        'route_access(integer, integer, integer, json)'
    ]::regprocedure[] LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %s', called, path);
    END LOOP;
END
$$;
