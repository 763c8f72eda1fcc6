DROP TABLE route_requests;
DROP DOMAIN route_request_status;
