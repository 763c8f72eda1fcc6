-- For the transaction in which the functions are made, in whatever order. Those that the tile server calls take over this search
-- path: it has the tables first, then the extensions, and pg_temp last, so that no temporary table is taken for one of ours.
SET LOCAL check_function_bodies = off;
SELECT set_config('search_path', string_agg(used::regnamespace::text, ', ' ORDER BY used <> home) || ', pg_temp', true)
FROM (SELECT relnamespace AS home FROM pg_class WHERE oid = 'pois'::regclass) AS tables,
    LATERAL (SELECT home UNION SELECT extnamespace FROM pg_extension WHERE extname IN ('postgis', 'pgcrypto')) AS used (used);
