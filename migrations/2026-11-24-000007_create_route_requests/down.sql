DROP TABLE route_requests;
