ALTER TABLE walk_edges DROP COLUMN hours;
