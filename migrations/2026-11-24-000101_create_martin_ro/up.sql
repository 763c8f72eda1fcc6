-- What the tile server may see. Roles belong to the whole cluster, so it may be there already, made by an operator or for
-- another database. It cannot log in: each deployment gives it to a login role of its own.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'martin_ro') THEN
        CREATE ROLE martin_ro NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        NULL; -- another database of the cluster was migrated at the same moment
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the role martin_ro is missing and % may not create it', current_user
            USING HINT = 'Have an administrator run: CREATE ROLE martin_ro NOLOGIN';
END
$$;
GRANT USAGE ON SCHEMA public TO martin_ro;
