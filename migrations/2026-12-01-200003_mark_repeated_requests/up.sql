ALTER TABLE route_requests ADD COLUMN repeated BOOLEAN NOT NULL DEFAULT false;
COMMENT ON COLUMN route_requests.repeated IS 'The walk that answers it had been answering the same user before. Not all such requests are marked, and only such.';
