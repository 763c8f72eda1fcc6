ALTER TABLE walk_edges ADD COLUMN one_way BOOLEAN NOT NULL DEFAULT FALSE;
COMMENT ON COLUMN walk_edges.one_way IS 'True if walkers may use it in the direction of its line only.';
