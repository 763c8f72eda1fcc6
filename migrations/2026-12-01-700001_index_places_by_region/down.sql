DROP INDEX pois_region_popularity_idx;
DROP FUNCTION poi_region(geography);
