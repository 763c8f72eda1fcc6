ALTER TABLE saved_routes DROP COLUMN requested_at;
