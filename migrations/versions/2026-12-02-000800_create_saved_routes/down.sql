DROP TABLE saved_routes;
