-- Parsed here, once: an index on it is also built where no search path is set.
CREATE FUNCTION poi_region(location geography) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ((poi_cell(location) >> 21) << 9) | ((poi_cell(location) & 32767) >> 6);
COMMENT ON FUNCTION poi_region(geography) IS 'Square of the web-mercator grid at zoom 9, some 50 km wide in the middle latitudes: x << 9 | y.';
