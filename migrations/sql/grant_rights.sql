-- Rights on tables and functions, given where they are lacking: in a new database, on functions that were made anew, and in a backup
-- that was restored without privileges, or where the role martin_ro was missing. Those that are given already are left alone.
DO $$
DECLARE
    home oid := (SELECT relnamespace FROM pg_class WHERE oid = 'pois'::regclass);
    schemas oid[] := ARRAY(SELECT home UNION SELECT extnamespace FROM pg_extension WHERE extname IN ('postgis', 'pgcrypto'));
    readable regclass[] := ARRAY[
        'pois', 'poi_interest_themes', 'interest_themes', 'base_lines', 'base_areas', 'base_labels', 'base_overviews'
    ];
    callable regprocedure[] := ARRAY[
        'base_tile(integer, integer, integer)',
        'poi_tile(integer, integer, integer)',
        'route_tile(integer, integer, integer, json)',
        'route_access(integer, integer, integer, json)'
    ];
    private regprocedure[] := callable || ARRAY[
        'get_route_tile(uuid, integer, integer, integer)',
        'permitted_route(json)',
        'verify_tile_token(text, uuid)',
        'tile_claims_hold(jsonb, uuid, numeric)',
        'tile_token_signed_by(text, text, bytea)',
        'base64url_decode(text)'
    ]::regprocedure[];
    statement text;
BEGIN
    FOR statement IN
        SELECT format('GRANT USAGE ON SCHEMA %s TO martin_ro', oid::regnamespace)
        FROM pg_namespace
        WHERE oid = home AND NOT EXISTS (SELECT FROM aclexplode(nspacl) WHERE grantee = 'martin_ro'::regrole)
           OR oid = ANY (schemas) AND NOT has_schema_privilege('martin_ro', oid, 'USAGE')
        UNION ALL
        SELECT format('GRANT SELECT ON %s TO martin_ro', name)
        FROM unnest(readable) AS name
        WHERE NOT has_table_privilege('martin_ro', name, 'SELECT')
        UNION ALL
        SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', p.oid::regprocedure)
        FROM pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner)))
        WHERE p.oid = ANY (private) AND grantee = 0
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION %s TO martin_ro', p.oid::regprocedure)
        FROM pg_proc p
        WHERE p.oid = ANY (callable)
          AND NOT EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 'martin_ro'::regrole)
    LOOP
        EXECUTE statement;
    END LOOP;
    -- Whoever does not own a schema is only warned that it could give nothing.
    SELECT string_agg(format('GRANT USAGE ON SCHEMA %s TO martin_ro', schema::regnamespace), '; ')
    INTO statement
    FROM unnest(schemas) AS schema
    WHERE NOT has_schema_privilege('martin_ro', schema, 'USAGE');
    IF statement IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format(
            'the tile server may not use all it needs (have an administrator run, in the database %I: %s)',
            current_database(), statement);
    END IF;
END
$$;
