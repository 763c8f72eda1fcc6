-- The rights, the extensions and the role that the schema needs; what the user may not make or do, the message asks an administrator
-- for in SQL.
DO $$
DECLARE
    asked text := (
        SELECT string_agg(format('GRANT %s TO %I', right_to, current_user), '; ')
        FROM (
            SELECT format('CREATE ON SCHEMA %I', current_schema())
            WHERE NOT has_schema_privilege(current_schema(), 'CREATE')
            UNION ALL
            SELECT format('CREATE ON DATABASE %I', current_database())
            WHERE to_regnamespace('ingest') IS NULL AND NOT has_database_privilege(current_database(), 'CREATE')
            UNION ALL
            SELECT DISTINCT format('USAGE ON SCHEMA %s', extnamespace::regnamespace)
            FROM pg_extension
            WHERE extname IN ('postgis', 'pgcrypto', 'btree_gist') AND NOT has_schema_privilege(extnamespace, 'USAGE')
        ) AS lacking (right_to)
    );
BEGIN
    IF current_schema() IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_schema_name', MESSAGE = format(
            'the search path has no schema that is there: %s (set it: ALTER ROLE %I SET search_path = public)',
            current_setting('search_path'), current_user);
    ELSIF asked IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format(
            '%s may not make the schema (have an administrator run, in the database %I: %s)',
            current_user, current_database(), asked);
    END IF;
END
$$;

DO $$
DECLARE
    missing text := (
        SELECT string_agg(format('CREATE EXTENSION %s', name), '; ')
        FROM unnest(ARRAY['postgis', 'pgcrypto', 'btree_gist']) AS name
        WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = name)
    );
BEGIN
    IF missing IS NOT NULL THEN
        EXECUTE missing;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = format(
            '%s (have an administrator run, in the database %I: %s)', SQLERRM, current_database(), missing);
    WHEN feature_not_supported OR undefined_file THEN
        RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = format(
            '%s (install PostGIS and the contributed modules where PostgreSQL %s runs)',
            SQLERRM, current_setting('server_version'));
END
$$;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'martin_ro') THEN
        CREATE ROLE martin_ro NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL; -- another database of the cluster was migrated at the same moment
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = format(
            'the role martin_ro is missing, and %s may not create it (have an administrator run: CREATE ROLE martin_ro NOLOGIN)',
            current_user);
END
$$;
