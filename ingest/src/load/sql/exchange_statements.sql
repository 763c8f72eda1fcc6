-- What makes the incoming table the one in use: owner, foreign keys, rights and comment as before.
SELECT statement
FROM pg_class AS old
CROSS JOIN LATERAL (
    SELECT 1, format('ALTER TABLE ingest.%I OWNER TO %s', relname, relowner::regrole)
    WHERE pg_get_userbyid(relowner) <> current_user
    UNION ALL
    SELECT 2, format('ALTER TABLE ingest.%I ADD CONSTRAINT %I %s', relname, conname, pg_get_constraintdef(oid))
    FROM pg_constraint
    WHERE conrelid = old.oid AND contype = 'f'
    UNION ALL
    SELECT 3, format(
        'GRANT %s ON ingest.%I TO %s', privilege_type, relname,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
    )
    FROM aclexplode(relacl)
    WHERE grantee <> relowner
    UNION ALL
    SELECT 4, format('COMMENT ON TABLE ingest.%I IS %L', relname, obj_description(old.oid, 'pg_class'))
    UNION ALL
    SELECT 5, format('DROP TABLE %s', old.oid::regclass)
    UNION ALL
    SELECT 6, format('ALTER TABLE ingest.%I SET SCHEMA %s', relname, relnamespace::regnamespace)
) AS steps (step, statement)
WHERE old.oid = $1::text::regclass
ORDER BY step
