CREATE SCHEMA ingest;
COMMENT ON SCHEMA ingest IS 'What a load has read so far. Its tables take the place of those of the same name, or are dropped.';
