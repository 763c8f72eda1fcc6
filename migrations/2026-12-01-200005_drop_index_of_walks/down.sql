CREATE INDEX CONCURRENTLY route_requests_route_id_idx ON route_requests (route_id) WHERE route_id IS NOT NULL;
