-- A strict function is not inlined, and one that is not was parsed again for each tile. Null comes of null all the same.
ALTER FUNCTION tile_bounds(integer, integer, integer, double precision) CALLED ON NULL INPUT;
