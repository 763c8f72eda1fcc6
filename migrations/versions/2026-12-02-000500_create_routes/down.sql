DROP TABLE route_pois;
DROP TABLE routes;
