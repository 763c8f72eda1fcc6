DROP FUNCTION poi_region(geography);
