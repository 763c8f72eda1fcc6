ALTER TABLE base_overviews DROP COLUMN name;
