DROP TABLE shared_routes;
DROP TABLE route_names;
