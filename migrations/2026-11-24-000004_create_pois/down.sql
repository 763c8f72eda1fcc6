DROP TABLE poi_interest_themes;
DROP TABLE pois;
DROP TABLE areas;
DROP EXTENSION IF EXISTS postgis;
