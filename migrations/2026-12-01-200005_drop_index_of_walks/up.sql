DROP INDEX CONCURRENTLY IF EXISTS route_requests_route_id_idx;
