ALTER FUNCTION tile_bounds(integer, integer, integer, double precision) STRICT;
