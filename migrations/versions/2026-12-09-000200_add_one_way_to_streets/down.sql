ALTER TABLE walk_edges DROP COLUMN one_way;
