-- poi_cell stays: the index needs it so, and gives the same.
ALTER FUNCTION base_tile(integer, integer, integer) RESET search_path;
ALTER FUNCTION poi_tile(integer, integer, integer) RESET search_path;
ALTER FUNCTION route_tile(integer, integer, integer, json) SET search_path = public, pg_temp;
ALTER FUNCTION route_access(integer, integer, integer, json) SET search_path = public, pg_temp;
