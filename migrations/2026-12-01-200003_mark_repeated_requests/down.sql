ALTER TABLE route_requests DROP COLUMN repeated;
