DROP TABLE poi_interest_themes;
DROP TABLE pois;
DROP FUNCTION poi_region(geography);
DROP FUNCTION poi_cell(geography);
DROP SCHEMA ingest CASCADE;
DROP TABLE areas;
