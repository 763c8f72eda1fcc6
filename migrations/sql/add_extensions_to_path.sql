-- PostGIS and the other extensions may have a schema of their own: whoever has not named it in the search path has it last.
SELECT set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), schemas), false)
FROM (
    SELECT string_agg(DISTINCT extnamespace::regnamespace::text, ', ') AS schemas
    FROM pg_extension JOIN pg_namespace AS home ON home.oid = extnamespace
    WHERE extname IN ('postgis', 'pgcrypto', 'btree_gist') AND nspname <> ALL (current_schemas(true))
) AS elsewhere
WHERE schemas IS NOT NULL;
