DROP FUNCTION route_access(integer, integer, integer, json);
DROP FUNCTION route_tile(integer, integer, integer, json);
DROP FUNCTION permitted_route(json);
DROP FUNCTION get_route_tile(uuid, integer, integer, integer);
DROP FUNCTION tile_bounds(integer, integer, integer, double precision);
