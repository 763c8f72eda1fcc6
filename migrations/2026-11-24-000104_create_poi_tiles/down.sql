REVOKE SELECT ON pois, poi_interest_themes, interest_themes FROM martin_ro;
DROP FUNCTION poi_tile(integer, integer, integer);
DROP FUNCTION pois_in_tile(integer, integer, integer);
DROP FUNCTION pois_in_cells(integer, integer, integer);
DROP INDEX pois_cell_popularity_idx;
DROP FUNCTION poi_cell(geography);
