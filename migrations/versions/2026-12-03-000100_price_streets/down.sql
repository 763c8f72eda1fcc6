ALTER TABLE walk_edges DROP COLUMN price_percent;
