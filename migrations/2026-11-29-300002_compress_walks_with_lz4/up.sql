-- Most walks are large enough to be compressed, which takes a fraction of the time with lz4. A server that was built without
-- it goes on as before; so do the walks that are stored already.
DO $$
BEGIN
    ALTER TABLE routes ALTER COLUMN path SET COMPRESSION lz4, ALTER COLUMN details SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    RAISE NOTICE 'this server has no lz4: walks are compressed with pglz';
END
$$;
